export type VersionName = '6.1' | '7.0' | '7.1' | '7.2'

/**
 * Differences between versions of VBoxManage. Sources: the source code of 7.0.14 and of the branch that became 7.2 (for
 * 7.1 and 7.2: VBoxManageList.cpp, VBoxManageInfo.cpp, ConsoleImpl.cpp, ConsoleImplConfigCommon.cpp); for 6.1 its manual
 * and published outputs.
 */
export interface Version {
  /** By `--version`. */
  readonly printed: string
  /** `Encryption:     disabled`, a line without `=`, after the name. */
  readonly hasEncryptionLine: boolean
  /** `--host-only-adapter1` and `--nic-type1` beside the old names. */
  readonly takesDashedOptions: boolean
  /** showvminfo fails for an inaccessible VM instead of printing only name and UUID. */
  readonly refusesInaccessible: boolean
  /** End of the message `Machine '...' is not currently running`. */
  readonly notRunning: string
  /** showvminfo prints the platform's architecture. */
  readonly hasArchitecture: boolean
  /** Name of a guru meditation in messages. */
  readonly stuck: string
  /** On macOS, host-only networks take the place of host-only adapters. */
  readonly hasHostOnlyNets: boolean
}

export const versions: Readonly<Record<VersionName, Version>> = {
  6.1: {
    printed: '6.1.50r161033',
    hasEncryptionLine: false,
    takesDashedOptions: false,
    refusesInaccessible: false,
    notRunning: '',
    hasArchitecture: false,
    stuck: 'GuruMeditation',
    hasHostOnlyNets: false,
  },
  '7.0': {
    printed: '7.0.14r161095',
    hasEncryptionLine: true,
    takesDashedOptions: true,
    refusesInaccessible: false,
    notRunning: '.',
    hasArchitecture: false,
    stuck: 'Stuck',
    hasHostOnlyNets: true,
  },
  7.1: {
    printed: '7.1.6r167084',
    hasEncryptionLine: true,
    takesDashedOptions: true,
    refusesInaccessible: true,
    notRunning: '.',
    hasArchitecture: true,
    stuck: 'Stuck',
    hasHostOnlyNets: true,
  },
  7.2: {
    printed: '7.2.4r170995',
    hasEncryptionLine: true,
    takesDashedOptions: true,
    refusesInaccessible: true,
    notRunning: '.',
    hasArchitecture: true,
    stuck: 'GuruMeditation',
    hasHostOnlyNets: true,
  },
}
