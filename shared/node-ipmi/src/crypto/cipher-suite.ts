/** Algorithms of a cipher suite; all of ours encrypt with AES-CBC-128 (confidentiality algorithm 01h). §13.28, §22.15.2 table 22-20. */
export interface CipherSuite {
  readonly id: 3 | 17
  /** Hash of the RAKP HMACs, of the keys and of the integrity code. */
  readonly hash: 'sha1' | 'sha256'
  readonly authenticationAlgorithm: number
  readonly integrityAlgorithm: number
  readonly confidentialityAlgorithm: number
  /** Bytes of a RAKP key exchange code. */
  readonly authenticationLength: number
  /** Bytes that the integrity algorithm keeps of its HMAC; the code of RAKP 4 too is cut to this. */
  readonly integrityLength: number
}

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

/** The suite with exactly these three algorithms, if it is one of ours. */
export function findCipherSuite(
  authentication: number,
  integrity: number,
  confidentiality: number,
): CipherSuite | undefined {
  return Object.values(cipherSuites).find(
    (suite) =>
      suite.authenticationAlgorithm === authentication &&
      suite.integrityAlgorithm === integrity &&
      suite.confidentialityAlgorithm === confidentiality,
  )
}
