/** States of a VM without a process that can be changed, started and unregistered. */
export const off: ReadonlySet<string> = new Set(['poweroff', 'aborted', 'saved', 'aborted-saved', 'teleported'])

/** States of a VM without a process that something is done to. */
export const offBusy: ReadonlySet<string> = new Set([
  'settingup',
  'snapshotting',
  'restoringsnapshot',
  'deletingsnapshot',
])

/** Names in messages that are not the word of showvminfo with a capital. */
const names: Readonly<Record<string, string>> = {
  poweroff: 'PoweredOff',
  'aborted-saved': 'Aborted-Saved',
  livesnapshotting: 'LiveSnapshotting',
  onlinesnapshotting: 'OnlineSnapshotting',
  deletingsnapshotlive: 'DeletingSnapshotOnline',
  deletingsnapshotlivepaused: 'DeletingSnapshotPaused',
  deletingsnapshot: 'DeletingSnapshot',
  restoringsnapshot: 'RestoringSnapshot',
  teleportingpausedvm: 'TeleportingPausedVM',
  teleportingin: 'TeleportingIn',
  settingup: 'SettingUp',
}

/** The name of a state in messages. `stuck`: that of `gurumeditation`. */
export function stateName(state: string, stuck: string): string {
  if (state === 'gurumeditation') return stuck
  return names[state] ?? `${state.charAt(0).toUpperCase()}${state.slice(1)}`
}
