import type { Algorithms } from 'ssh2'

/**
 * What ssh2 offers by itself, and after it what firmware of the years before 2015 has: SHA-1 key exchanges and keys, CBC ciphers.
 */
export function legacyAlgorithms(): Algorithms {
  return {
    kex: {
      append: ['diffie-hellman-group14-sha1', 'diffie-hellman-group-exchange-sha1', 'diffie-hellman-group1-sha1'],
      prepend: [],
      remove: [],
    },
    serverHostKey: { append: ['ssh-rsa', 'ssh-dss'], prepend: [], remove: [] },
    cipher: { append: ['aes256-cbc', 'aes192-cbc', 'aes128-cbc', '3des-cbc'], prepend: [], remove: [] },
    hmac: { append: ['hmac-sha1', 'hmac-sha1-96', 'hmac-md5'], prepend: [], remove: [] },
  }
}
