/** Runs no action of the endpoint: says in the thread and in the audit that the user looks into the machine. */
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

/** Commands that leave a machine running; all others may take it down. */
const HARMLESS = /^(?:acknowledge|poweron|powerstatus|status|identify|get[A-Z]\w*|nextboot\w+|statusVirtualMedia)$/

export function commandLabel(command: string): string {
  return labels[command] ?? command
}

/** Whether the button asks for confirmation in a dialog. */
export function wantsDialog(command: string): boolean {
  return !HARMLESS.test(command)
}
