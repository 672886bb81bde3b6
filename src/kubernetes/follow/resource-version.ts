/** True where one version is known to be older than another. Only decimal ones have an order; of others nothing is known. */
export function isOlder(version: string | undefined, than: string | undefined): boolean {
  return isDecimal(version) && isDecimal(than) && BigInt(version) < BigInt(than)
}

function isDecimal(version: string | undefined): version is string {
  return version !== undefined && /^\d+$/.test(version)
}
