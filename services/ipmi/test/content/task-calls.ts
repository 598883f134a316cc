import type { TaskRun } from '@powerbus/testkit'

/** Command lines of a run that change something at the BMC. */
export function changesOf(run: TaskRun): readonly string[] {
  return run.calls
    .filter(({ program, args }) => program === 'ipmitool' && changes(args))
    .map(({ args }) => args.join(' '))
}

function changes(args: readonly string[]): boolean {
  const [first = '', second = '', third = ''] = args.filter((word) => word !== '-c')
  if (first === 'exec') return true
  return ['set', 'priv', 'enable', 'setaccess', 'reset'].includes(second) || (first === 'delloem' && third === 'set')
}

/** Where a secret can be read by others: command lines, the job's log, files that are left. */
export function leaked(run: TaskRun, secrets: readonly string[]): readonly string[] {
  const places = [
    ...run.calls.map(({ program, args }) => [`arguments of ${program}`, args.join(' ')] as const),
    ['log', run.log] as const,
    ['files left', run.left.join(' ')] as const,
  ]
  const found = places.filter(
    ([place, text]) => secrets.some((secret) => text.includes(secret)) || (place === 'files left' && text !== ''),
  )
  return found.map(([place, text]) => `${place}: ${text}`)
}
