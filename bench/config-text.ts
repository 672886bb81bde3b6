export interface BenchConfig {
  readonly instance: string
  readonly namespace: string
  /** Number of the first service and how many there are. */
  readonly from?: number
  readonly count: number
  /** False for every file but one: `instance` stands once. */
  readonly hasInstance?: boolean
}

/** A config of services with three fixed addresses each, written as a person would write it. */
export function configText({ instance, namespace, from = 0, count, hasInstance = true }: BenchConfig): string {
  const services = Array.from({ length: count }, (_, index) => serviceText(from + index))
  return `${hasInstance ? `instance: ${instance}\n` : ''}defaults:\n  namespace: ${namespace}\nservices:\n${services.join('')}`
}

function serviceText(number: number): string {
  const addresses = [0, 1, 2].map((host) => `      - address: ${addressOf(number * 3 + host)}\n`).join('')
  return `  - name: ${serviceName(number)}
    ports:
      - { name: postgres, port: 5432, targetPort: 6432 }
    targets:
${addresses}`
}

export function serviceName(number: number): string {
  return `svc-${String(number).padStart(5, '0')}`
}

function addressOf(number: number): string {
  return `203.${number >> 16}.${(number >> 8) & 255}.${number & 255}`
}
