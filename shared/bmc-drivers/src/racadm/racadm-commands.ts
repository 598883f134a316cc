import type { BmcDriver } from '../driver.ts'

type Operation = Parameters<BmcDriver['describe']>[0]

/** Words after `serveraction`. */
export const serverActions = {
  status: 'powerstatus',
  on: 'powerup',
  off: 'powerdown',
  cycle: 'powercycle',
  reset: 'hardreset',
  diag: 'nmi',
  soft: 'graceshutdown',
} as const satisfies Partial<Record<Operation, string>>

export type ServerAction = keyof typeof serverActions

/** A server action; of the module in a chassis, where one is named. */
export function serverAction(action: ServerAction, module: string | undefined): readonly string[] {
  return ['serveraction', ...(module === undefined ? [] : ['-m', module]), serverActions[action]]
}

const others: Readonly<Partial<Record<Operation, string>>> = {
  getBoot: 'racadm get iDRAC.ServerBoot',
  identify: 'racadm setled -l 1 (-l 0 turns it off)',
  info: 'racadm getsysinfo',
  health: 'racadm serveraction powerstatus, racadm getsensorinfo',
  sensors: 'racadm getsensorinfo',
}

/** What is sent. A chassis does only power for its modules. */
export function describeCommand(operation: Operation, module: string | undefined): string | undefined {
  if (Object.hasOwn(serverActions, operation))
    return `racadm ${serverAction(operation as ServerAction, module).join(' ')}`
  return module === undefined ? others[operation] : undefined
}
