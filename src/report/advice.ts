// What a person can do about what is said loudly. By the message's words: test/report/advice.test.ts holds that they are said somewhere.

const advices: readonly (readonly [said: RegExp, advice: string])[] = [
  [/absent \(\w+\), \w+ of \w+/, 'DNS says that this host has no such record; that is believed once it was said often enough (resolver.absentConfirmations)'],
  [/: unknown \(/, 'DNS gives no answer for this host: ask it with `endpoint-registrar check`, and see resolver.nameservers. What serves stays meanwhile'],
  [/: absent \(/, 'DNS says that this host does not exist: take the target out of the config if it is gone for good, or have the record mended'],
  [/nothing publishable in the answer/, 'The answer holds only addresses that may not be published, perhaps of a sinkhole: see the address rules (--allowed-cidrs, --denied-cidrs, guard)'],
  [/own network in doubt/, "Look at the registrar's own network first (egress policy, route, firewall): verdicts follow by themselves once targets pass again"],
  [/^Panic:/, 'Mend the targets that fail; until then failing ones serve too. panicThresholdPercent says when'],
  [/\(whenAllUnready: publishAll\)/, 'Nothing passes its check: look at the outside service, then whether the check (port, path, TLS) is right. All are published all the same'],
  [/\(whenAllUnready: publishNone\)/, 'Nothing passes its check and nothing serves: look at the outside service, then whether the check (port, path, TLS) is right'],
  [/^Only drained targets/, 'Every other target fails: mend one of them before the drained one is taken away'],
  [/^Only targets whose host/, 'DNS has been silent for longer than maxStaleSeconds, and nothing else can serve: have the name server mended'],
  [/^Paused:/, 'Take the annotation endpoint-registrar.io/paused off the Service, or paused: true out of the config'],
  [/\(adopt: true takes /, 'Somebody else made this: adopt: true in the config takes it over, another name leaves it alone'],
  [/belongs? to instance/, 'Another registrar keeps this: take it out of that config first'],
  [/has a selector/, 'Pods of the cluster serve under this name: choose another name, or take the selector away'],
  [/cannot be adopted/, 'Take it out of the hands of that tool first, or choose another name'],
  [/serves the same Service|is mirrored from Endpoints that are not ours/, 'Delete these endpoints if nobody needs them, or take them over with adopt: true'],
  [/does not exist: it has to be made first/, 'Make the namespace: kubectl create namespace. It is taken up at once'],
  [/is terminating$/, 'The namespace is being deleted: wait, make it anew, or take the service out of the config'],
  [/Service is being deleted/, 'Wait until it is gone: it is made anew then. If it does not go, look at its finalizers'],
  [/: --recreate does it/, 'Run `endpoint-registrar sync --recreate` at a time when an outage may be, or take the change back'],
  [/\(--allow-deletes does it\)/, 'See whether the config is complete. If these Services may go: --allow-deletes'],
  [/does not serve yet: /, 'What comes in this namespace is to serve before what goes is deleted: see the service that is named'],
  [/^No address in a family/, 'Give the Service the family of its addresses (ipFamilyPolicy), or a target in the family that it has'],
  [/^Every address is refused/, 'See the address rules: --allowed-cidrs, --denied-cidrs, --cluster-cidrs and guard'],
  [/^No mirrored EndpointSlice/, 'This cluster may not mirror Endpoints: publish: endpointSlices does without'],
  [/^Endpoints hold \S+ of|addresses as Endpoints alone/, 'Endpoints are too small for so many addresses: publish: endpointSlices'],
  [/is not among --namespaces/, 'Give the namespace to --namespaces (chart: namespaces), or take the service out of the config'],
  [/forbidden/i, 'Rights are missing: deploy/rbac.yaml has those that are needed'],
  [/^Cannot \w+ \w+ [^ ]+: /, 'The API server says why; it is tried again by itself'],
  [/^Service is not of instance/, 'Somebody else made this: adopt: true in the config takes it over, another name leaves it alone'],
  [/^Not there: /, 'Nothing has written it yet: start the controller, or run `endpoint-registrar sync`'],
]

/** What to do about a message, or undefined where nothing is known to help. */
export function adviceOn(message: string): string | undefined {
  return advices.find(([said]) => said.test(message))?.[1]
}

/** Every pattern, for the test. */
export const advisedOn: readonly RegExp[] = advices.map(([said]) => said)
