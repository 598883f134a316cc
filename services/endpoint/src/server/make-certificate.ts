import { generate } from 'selfsigned'

const DAY_MS = 86_400_000

/** Returns a new key (EC P-256) and its certificate, as PEM. It is valid since yesterday and for `lifetimeMs`. */
export async function makeCertificate(
  names: readonly string[],
  addresses: readonly string[],
  lifetimeMs: number,
): Promise<{ readonly private: string; readonly cert: string }> {
  return await generate([{ name: 'commonName', value: 'Powerbus endpoint' }], {
    keyType: 'ec',
    curve: 'P-256',
    algorithm: 'sha256',
    notBeforeDate: new Date(Date.now() - DAY_MS),
    notAfterDate: new Date(Date.now() + lifetimeMs),
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', digitalSignature: true, keyCertSign: true, critical: true },
      { name: 'extKeyUsage', serverAuth: true },
      {
        name: 'subjectAltName',
        altNames: [
          ...names.map((value) => ({ type: 2 as const, value })),
          ...addresses.map((ip) => ({ type: 7 as const, ip })),
        ],
      },
    ],
  })
}
