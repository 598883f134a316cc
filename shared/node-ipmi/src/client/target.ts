import { MAX_PASSWORD_LENGTH } from '../crypto/rakp-exchange.ts'
import type { HandshakeQuirks } from '../handshake/console.ts'
import { MAX_USERNAME_LENGTH } from '../handshake/rakp-1.ts'
import { PrivilegeLevel } from '../spec/privilege-level.ts'
import { IpmiError } from './ipmi-error.ts'
import type { Workaround } from './workarounds.ts'

/** Address and login of one BMC. */
export interface Target {
  /** IPv4 or IPv6 literal, or a host name. */
  readonly address: string
  /** Default 623. */
  readonly port?: number
  /** 0..16 bytes of UTF-8. */
  readonly username: string
  /** 0..20 bytes; a string is encoded as UTF-8. */
  readonly password: string | Uint8Array
  /** K_g, at most 20 bytes; absent, empty or all zeros if the BMC has none (§22.25). */
  readonly kg?: Uint8Array | undefined
  /** Default: 17 if the BMC supports it, else 3; the client remembers which. */
  readonly cipherSuite?: 3 | 17 | undefined
  /** Highest privilege level the session needs; default `operator`. The user must be allowed to have it. */
  readonly privilege?: 'user' | 'operator' | 'administrator' | undefined
  readonly workarounds?: readonly Workaround[]
}

/** A checked target, encoded in bytes. */
export interface Login {
  readonly username: Uint8Array
  readonly password: Uint8Array
  readonly kg: Uint8Array | undefined
  readonly cipherSuite: 3 | 17 | undefined
  readonly privilege: number
  readonly quirks?: HandshakeQuirks | undefined
}

export const DEFAULT_PORT = 623

/** The logins of targets. Targets with the same one share it if they come one after the other, as those of a sweep do. */
export class Logins {
  #target: Target | undefined
  #login: Login | undefined

  /** Checks a target. Throws IpmiError `invalid` that names the field and its limit, and never the value of a secret. */
  of(target: Target): Login {
    const { address, port = DEFAULT_PORT } = target
    if (typeof address !== 'string' || address === '')
      throw invalid(address, 'address must be an IP address or a host name')
    if (!Number.isInteger(port) || port < 1 || port > 65535)
      throw invalid(address, 'port must be an integer from 1 to 65535')
    if (this.#login !== undefined && this.#target !== undefined && isSameLogin(target, this.#target)) return this.#login
    this.#login = loginOf(target)
    this.#target = { ...target }
    return this.#login
  }
}

/** Bytes are never taken for the same: their holder may change them. */
function isSameLogin(one: Target, other: Target): boolean {
  return (
    one.username === other.username &&
    typeof one.password === 'string' &&
    one.password === other.password &&
    one.kg === undefined &&
    other.kg === undefined &&
    one.cipherSuite === other.cipherSuite &&
    one.privilege === other.privilege &&
    (one.workarounds ?? none).length === 0 &&
    (other.workarounds ?? none).length === 0
  )
}

function loginOf(target: Target): Login {
  const { address, username, password, kg, cipherSuite, privilege = 'operator', workarounds = none } = target
  if (typeof username !== 'string') throw invalid(address, 'username must be a string')
  if (typeof password !== 'string' && !(password instanceof Uint8Array))
    throw invalid(address, 'password must be a string or bytes')
  if (cipherSuite !== undefined && cipherSuite !== 3 && cipherSuite !== 17)
    throw invalid(address, 'cipherSuite must be 3 or 17')
  if (privilege !== 'user' && privilege !== 'operator' && privilege !== 'administrator')
    throw invalid(address, 'privilege must be user, operator or administrator')
  const name = Buffer.from(username, 'utf8')
  const secret = typeof password === 'string' ? Buffer.from(password, 'utf8') : Uint8Array.from(password)
  if (name.length > MAX_USERNAME_LENGTH)
    throw invalid(address, `username must have at most ${MAX_USERNAME_LENGTH} bytes`)
  if (secret.length > MAX_PASSWORD_LENGTH)
    throw invalid(address, `password must have at most ${MAX_PASSWORD_LENGTH} bytes`)
  if (kg !== undefined && kg.length > MAX_PASSWORD_LENGTH)
    throw invalid(address, `kg must have at most ${MAX_PASSWORD_LENGTH} bytes`)
  return {
    username: name,
    password: secret,
    kg: kg?.some((byte) => byte !== 0) ? Uint8Array.from(kg) : undefined,
    cipherSuite,
    privilege: PrivilegeLevel[privilege],
    quirks: quirksOf(workarounds),
  }
}

const none: readonly Workaround[] = []

function invalid(address: unknown, what: string): IpmiError {
  return new IpmiError('invalid', String(address), what)
}

const quirks: Readonly<Partial<Record<Workaround, HandshakeQuirks>>> = {
  'highest-privilege': { highestLevel: true },
  intelplus: { rakp3LevelAlone: true },
  intel20: { rakp3LevelAlone: true, paddedName: true },
  integritycheckvalue: { wrongCheckValue: true },
}

/** The workarounds that change the handshake; undefined if none does. */
function quirksOf(workarounds: readonly Workaround[]): HandshakeQuirks | undefined {
  if (workarounds.length === 0) return undefined
  const found = workarounds.flatMap((name) => quirks[name] ?? [])
  return found.length === 0 ? undefined : Object.assign({}, ...found)
}
