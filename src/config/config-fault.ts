/** Where in a config: lines and columns count from 1. */
export interface Position {
  readonly file: string
  readonly line: number
  readonly column: number
}

export interface Fault extends Position {
  readonly message: string
}

/** The config cannot be used: every fault of every file at once, in the order of files and lines. Exit 2, never retried. */
export class ConfigFault extends Error {
  override name = 'ConfigFault' as const
  readonly faults: readonly Fault[]

  constructor(faults: readonly Fault[]) {
    super(faults.map(renderFault).join('\n'))
    this.faults = faults
  }
}

/** `file:line:column: message`, as editors and CI logs link it. */
export function renderFault(fault: Fault): string {
  return `${renderPosition(fault)}: ${fault.message}`
}

export function renderPosition({ file, line, column }: Position): string {
  return `${file}:${line}:${column}`
}
