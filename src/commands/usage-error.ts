/** What the person asked for cannot be done as asked: exit 2. */
export class UsageError extends Error {
  override name = 'UsageError' as const
}
