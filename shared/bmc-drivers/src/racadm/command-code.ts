/** CMDRC of racadm over CGI: how the command ended. */
const meanings: Readonly<Record<number, string>> = {
  0: 'done',
  1: 'failed',
  2: 'invalid parameter',
  3: 'buffer too small',
  4: 'firmware operation failed',
  5: 'not found',
  6: 'already exists',
  7: 'not allowed',
  8: 'required parameter missing',
  9: 'input too big',
  10: 'input buffer too small',
  11: 'system operation failed',
  12: 'out of memory',
  13: 'time function failed',
  14: 'data conversion failed',
  15: 'unsupported configuration',
  17: 'invalid file',
  18: 'file cannot be opened',
  19: 'file cannot be read',
  20: 'file cannot be written',
  21: 'RAC not present',
  22: 'RAC not ready',
  23: 'IPMI not ready',
  24: 'library cannot be loaded',
  25: 'busy',
}

/** Codes that say "not now": the firmware has not run the command. */
const passing: ReadonlySet<number> = new Set([0x16, 0x17, 0x19])

/** Also means that the session has ended. */
export const COMMAND_FAILED = 0x01

/** The number of CMDRC, which is hexadecimal with or without 0x; undefined where it is none. */
export function commandCode(text: string | undefined): number | undefined {
  return text !== undefined && /^(?:0x)?[0-9a-f]{1,8}$/i.test(text) ? Number.parseInt(text, 16) : undefined
}

export function isPassingCode(code: number): boolean {
  return passing.has(code)
}

/** `16h (RAC not ready)`. */
export function commandCodeText(code: number): string {
  return `${code.toString(16).toUpperCase().padStart(2, '0')}h (${meanings[code] ?? 'unknown code'})`
}
