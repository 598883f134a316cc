/**
 * What differs between versions in what the fake prints and takes. Read in the sources of 7.0.14 and of the branch that became 7.2 (for
 * 7.1); 6.1 after its manual and outputs that people have published.
 *
 * @typedef {object} Version
 * @property {string} printed by `--version`
 * @property {boolean} hasEncryptionLine `Encryption:     disabled`, a line without `=`, after the name
 * @property {boolean} takesDashedOptions `--host-only-adapter1` and `--nic-type1` beside the old names
 * @property {boolean} refusesInaccessible showvminfo fails for an inaccessible VM, instead of printing name and UUID alone
 * @property {string} notRunning what ends `Machine '...' is not currently running`
 * @property {boolean} hasArchitecture showvminfo has a line on the platform's architecture
 * @property {string} stuck the word for a guru meditation in texts
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
