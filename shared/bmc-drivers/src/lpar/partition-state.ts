/** What a PartitionState says of the power. Phases between on and off are on: the partition holds its processors and memory. */
const powers: Readonly<Record<string, 'on' | 'off'>> = {
  running: 'on',
  'open firmware': 'on',
  starting: 'on',
  'shutting down': 'on',
  'hardware discovery': 'on',
  'migrating running': 'on',
  suspending: 'on',
  resuming: 'on',
  'not activated': 'off',
  'migrating not active': 'off',
  suspended: 'off',
}

/** The power by PartitionState, in any case: the command line of the HMC writes capitals. Undefined for `error` and the like. */
export function powerOfState(state: string): 'on' | 'off' | undefined {
  const word = state.trim().toLowerCase()
  return Object.hasOwn(powers, word) ? powers[word] : undefined
}
