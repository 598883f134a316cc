/** How to reach one BMC's Redfish service. */
export interface RedfishTarget {
  /** IPv4, IPv6 or a host name, without a port. */
  readonly address: string
  /** 443, or 80 for http. */
  readonly port?: number
  /** Default `https`. With `http` the password crosses the network in clear text. */
  readonly scheme?: 'https' | 'http'
  readonly username: string
  readonly password: string
  readonly tls?: TlsSettings
}

/** What is checked before any credential is sent. Default: nothing, since most BMCs show a certificate of their own. */
export interface TlsSettings {
  /** Refuse a certificate that no trusted CA signed for this address. Default false. */
  readonly verify?: boolean
  /** PEM of the CAs to trust instead of Node's; implies `verify`. */
  readonly ca?: string
  /** SHA-256 of the certificate in hex, colons allowed. With it only the fingerprint counts. */
  readonly fingerprint?: string
  /** Allow TLS 1.0 and 1.1, old ciphers and short keys, for BMCs that have nothing else. Default false. */
  readonly legacy?: boolean
}
