import type { JsonObject, JsonValue } from '@powerbus/redfish'

const SECRET = /pass(word|phrase)|secret|token|privatekey|certificatestring|community|licen[cs]ekey/i
/** Properties that name one machine, whatever their value. */
const OWN =
  /^(SerialNumber|ServiceTag|AssetTag|SKU|UUID|UUIDs|HostName|FQDN|UserName|ChassisServiceTag|NodeID|.*WWPN|.*WWNN|.*SerialNumber|DurableName)$/i
const MAC = /\b[0-9a-f]{2}([:-][0-9a-f]{2}){5,7}\b/gi
const IPV4 = /\b(?!(?:0\.0\.0\.0|127\.|255\.))(?:\d{1,3}\.){3}\d{1,3}\b/g
const IP_NAME = /address|gateway|server|destination|uri/i

/** Replaces what tells whose machine it is: the same value by the same stand-in, wherever it stands in what one object has read. */
export class Anonymizer {
  readonly #own = new Map<string, string>()
  readonly #macs = new Map<string, string>()

  resource(body: JsonObject): JsonObject {
    return this.#value(body, '') as JsonObject
  }

  /** A path or text, in which known serial numbers and MACs are replaced. */
  text(text: string): string {
    let result = text.replace(MAC, (mac) => this.#mac(mac))
    for (const [own, standIn] of this.#own) if (own.length >= 5) result = result.replaceAll(own, standIn)
    return result
  }

  #value(value: JsonValue | undefined, name: string): JsonValue {
    if (Array.isArray(value)) return value.map((one) => this.#value(one, name))
    if (typeof value === 'object' && value !== null)
      return Object.fromEntries(
        Object.entries(value as JsonObject).map(([key, inner]) => [key, this.#value(inner, key)]),
      )
    if (typeof value !== 'string') return SECRET.test(name) && typeof value === 'number' ? null : (value ?? null)
    if (SECRET.test(name) && !name.startsWith('@')) return value === '' ? '' : '[secret]'
    if (OWN.test(name)) return this.#standIn(value, name)
    const text = IP_NAME.test(name) ? value.replace(IPV4, '192.0.2.1') : value
    return this.text(text)
  }

  #standIn(value: string, name: string): string {
    if (value.trim() === '') return value
    const known = this.#own.get(value)
    if (known !== undefined) return known
    const number = this.#own.size + 1
    const isUuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(value)
    const standIn = isUuid
      ? `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`
      : `${name.toUpperCase()}${String(number).padStart(4, '0')}`
    this.#own.set(value, standIn)
    return standIn
  }

  #mac(mac: string): string {
    const digits = mac.toLowerCase().replace(/[:-]/g, '')
    if (/^(0+|f+)$/.test(digits)) return mac
    const known = this.#macs.get(digits) ?? `02:00:00:00:${hex(this.#macs.size >> 8)}:${hex(this.#macs.size & 0xff)}`
    this.#macs.set(digits, known)
    return known
  }
}

function hex(byte: number): string {
  return byte.toString(16).padStart(2, '0')
}
