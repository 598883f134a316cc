import {
  type Workaround as IpmiWorkaround,
  workaroundFacts as ipmiFacts,
  type WorkaroundFacts,
} from 'node-ipmi/workarounds'

/** Of the modes beside IPMI. */
const ownFacts = {
  'old-ssh': {
    does: 'also offers SHA-1 key exchanges, ssh-rsa and ssh-dss host keys and CBC ciphers over SSH, in mode racadm',
    for: 'iDRAC 6, early iDRAC 7 and CMC firmware',
    source: 'https://www.openssh.com/legacy.html',
  },
  'old-tls': {
    does: 'also takes TLS 1.0, and the keys and ciphers that OpenSSL refuses by itself, in modes racadm and lpar',
    for: 'iDRAC 6 and other BMCs whose firmware is older than TLS 1.2',
    source: 'https://docs.openssl.org/3.0/man3/SSL_CTX_set_security_level/',
  },
} as const satisfies Record<string, WorkaroundFacts>

export const workaroundFacts = { ...ipmiFacts, ...ownFacts }
export type Workaround = keyof typeof workaroundFacts
export const workarounds = Object.keys(workaroundFacts) as Workaround[]

/** Those that node-ipmi knows. */
export function ipmiWorkarounds(names: readonly Workaround[]): readonly IpmiWorkaround[] {
  return names.filter((name): name is IpmiWorkaround => Object.hasOwn(ipmiFacts, name))
}
