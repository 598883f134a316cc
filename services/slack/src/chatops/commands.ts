/** Not an action of the endpoint: says in the thread, and in the audit, that somebody has seen it. */
export const ACKNOWLEDGE = 'acknowledge'

const labels: Readonly<Record<string, string>> = {
  [ACKNOWLEDGE]: 'Acknowledge',
  poweron: 'Power on',
  powerstatus: 'Power status',
  poweroff: 'Power off',
  powercycle: 'Power cycle',
  powerreset: 'Reset',
  powershutdown: 'Shut down',
  powerdiag: 'Send NMI',
  identify: 'Identify',
  nextbootpxe: 'Next boot: PXE',
  nextbootdisk: 'Next boot: disk',
  status: 'Health',
}

/** Whatever is not known to leave a machine running is taken for something that may take it down. */
const HARMLESS = /^(?:acknowledge|poweron|powerstatus|status|identify|get[A-Z]\w*|nextboot\w+|statusVirtualMedia)$/

export function commandLabel(command: string): string {
  return labels[command] ?? command
}

/** Asks first, in a dialog. */
export function wantsDialog(command: string): boolean {
  return !HARMLESS.test(command)
}
