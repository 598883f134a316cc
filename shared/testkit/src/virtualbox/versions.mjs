/**
 * Differences between versions of VBoxManage. Sources: the source code of 7.0.14 and of the branch that became 7.2 (for
 * 7.1); for 6.1 its manual and published outputs.
 *
 * @typedef {object} Version
 * @property {string} printed by `--version`
 * @property {boolean} hasEncryptionLine `Encryption:     disabled`, a line without `=`, after the name
 * @property {boolean} takesDashedOptions `--host-only-adapter1` and `--nic-type1` beside the old names
 * @property {boolean} refusesInaccessible showvminfo fails for an inaccessible VM instead of printing only name and
 * UUID
 * @property {string} notRunning end of the message `Machine '...' is not currently running`
 * @property {boolean} hasArchitecture showvminfo prints the platform's architecture
 * @property {string} stuck name of a guru meditation in messages
 */

/** @type {Readonly<Record<'6.1' | '7.0' | '7.1', Version>>} */
export const versions = {
  6.1: {
    printed: '6.1.50r161033',
    hasEncryptionLine: false,
    takesDashedOptions: false,
    refusesInaccessible: false,
    notRunning: '',
    hasArchitecture: false,
    stuck: 'GuruMeditation',
  },
  '7.0': {
    printed: '7.0.14r161095',
    hasEncryptionLine: true,
    takesDashedOptions: true,
    refusesInaccessible: false,
    notRunning: '.',
    hasArchitecture: false,
    stuck: 'Stuck',
  },
  7.1: {
    printed: '7.1.6r167084',
    hasEncryptionLine: true,
    takesDashedOptions: true,
    refusesInaccessible: true,
    notRunning: '.',
    hasArchitecture: true,
    stuck: 'Stuck',
  },
}
