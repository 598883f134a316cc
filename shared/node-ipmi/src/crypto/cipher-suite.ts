/** Algorithms of a cipher suite. Both supported suites encrypt with AES-CBC-128 (01h). §13.28, §22.15.2 table 22-20. */
export interface CipherSuite {
  readonly id: 3 | 17
  /** Hash for the RAKP codes, the session keys and the integrity code. */
  readonly hash: 'sha1' | 'sha256'
  readonly authenticationAlgorithm: number
  readonly integrityAlgorithm: number
  readonly confidentialityAlgorithm: number
  /** Bytes of a RAKP key exchange authentication code. */
  readonly authenticationLength: number
  /** Bytes of a packet's integrity code and of the RAKP 4 integrity check value. */
  readonly integrityLength: number
}

/** The supported cipher suites by ID. */
export const cipherSuites: Readonly<Record<3 | 17, CipherSuite>> = {
  3: {
    id: 3,
    hash: 'sha1',
    authenticationAlgorithm: 0x01,
    integrityAlgorithm: 0x01,
    confidentialityAlgorithm: 0x01,
    authenticationLength: 20,
    integrityLength: 12,
  },
  17: {
    id: 17,
    hash: 'sha256',
    authenticationAlgorithm: 0x03,
    integrityAlgorithm: 0x04,
    confidentialityAlgorithm: 0x01,
    authenticationLength: 32,
    integrityLength: 16,
  },
}
