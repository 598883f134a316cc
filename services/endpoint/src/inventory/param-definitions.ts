import { isDeepStrictEqual } from 'node:util'
import type { JsonObject, ParamDefinition } from '@powerbus/drp'
import { PowerbusError } from '@powerbus/plugin-sdk'
import { plainNumbers } from '@powerbus/store'
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv'
import { checkParamName } from './object-name.ts'
import { isSealed, type Sealer } from './sealer.ts'

/** What a definition says of its param's values. */
export type Definition = Pick<ParamDefinition, 'Name' | 'Secure' | 'Schema'>

interface Known {
  readonly definition: Definition
  /** Undefined where the schema is not valid. */
  readonly validate: ValidateFunction | undefined
}

/** The defaults and schemas of the params that are defined, and which of them are secure. */
export class ParamDefinitions {
  readonly #known = new Map<string, Known>()
  /** Params that a bundle which is not used, or not there yet, calls secure. */
  readonly #secureElsewhere = new Set<string>()
  readonly #sealer: Sealer
  /** Made anew after each change of the definitions. */
  #defaults: Readonly<Record<string, unknown>> | undefined
  readonly #ajv = new Ajv({ strict: false, validateSchema: false, allErrors: false, logger: false })

  constructor(sealer: Sealer) {
    this.#sealer = sealer
  }

  /** With which a client seals the value of a secure param: X25519, 32 bytes. */
  get publicKey(): Uint8Array {
    return this.#sealer.publicKey
  }

  /** Takes over a param's definition; undefined where it is gone. */
  set(name: string, definition: Definition | undefined): void {
    this.#defaults = undefined
    if (definition === undefined) this.#known.delete(name)
    else this.#known.set(name, { definition, validate: this.#compile(definition.Schema ?? {}) })
  }

  /** The params stay secure, though the bundle that says so is not used or not there. */
  keepSecure(definitions: readonly Pick<Definition, 'Name' | 'Secure'>[]): void {
    for (const { Name, Secure } of definitions) if (Secure) this.#secureElsewhere.add(Name)
  }

  /** Whether a bundle that is not used, or not there yet, says so. */
  isSecureElsewhere(name: string): boolean {
    return this.#secureElsewhere.has(name)
  }

  isSecure(name: string): boolean {
    return this.#known.get(name)?.definition.Secure === true || this.#secureElsewhere.has(name)
  }

  /** Whether a sealed value of the param is among them. */
  isSealedIn(params: JsonObject, name: string): boolean {
    return Object.hasOwn(params, name) && isSealed(params[name])
  }

  /** Why a definition cannot be used; empty where it can. */
  problemsOf({ Schema }: Definition): string[] {
    const validate = this.#compile(Schema ?? {})
    if (validate === undefined) return ['its schema is not valid: its values are not checked']
    const value = Schema?.default
    return value === undefined || validate(plainNumbers(value))
      ? []
      : [`its default ${expectation(validate.errors?.[0])}`]
  }

  /** What a definition refuses of the values, in words. Sealed values were checked when they were set. */
  problemsIn(params: JsonObject): string[] {
    return Object.entries(params).flatMap(([name, value]) => {
      const validate = this.#known.get(name)?.validate
      if (validate === undefined || isSealed(value)) return []
      return validate(plainNumbers(value)) ? [] : [`${name} ${expectation(validate.errors?.[0])}`]
    })
  }

  has(name: string): boolean {
    return this.#known.has(name)
  }

  /** All defaults, by param name. */
  defaults(): Readonly<Record<string, unknown>> {
    this.#defaults ??= this.#newDefaults()
    return this.#defaults
  }

  #newDefaults(): Readonly<Record<string, unknown>> {
    const defaults: Record<string, unknown> = {}
    for (const { definition } of this.#known.values()) {
      const value = definition.Schema?.default
      if (value !== undefined) defaults[definition.Name] = value
    }
    return defaults
  }

  /**
   * Returns params as they are stored: each new value is checked against its definition and sealed where that is
   * secure. Values that equal those in `present` stay, even if a newer definition refuses them. Throws PARAM_INVALID
   * that names the param.
   */
  acceptAll(params: JsonObject, present: JsonObject): JsonObject {
    const accepted = Object.entries(params).map(([name, value]): [string, unknown] => {
      const isKept =
        Object.hasOwn(present, name) && isDeepStrictEqual(value, present[name]) && !this.isBare(name, value)
      return [name, isKept ? value : this.#accept(name, value)]
    })
    return Object.fromEntries(accepted)
  }

  /** Whether a secure param's value is not sealed, since it was set before its definition was known. */
  isBare(name: string, value: unknown): boolean {
    return this.isSecure(name) && !isSealed(value)
  }

  #accept(name: string, value: unknown): unknown {
    checkParamName(name)
    const validate = this.#known.get(name)?.validate
    if (!this.isSecure(name)) return check(name, validate, value)
    if (!isSealed(value)) return this.#sealer.seal(check(name, validate, value))
    check(name, validate, this.#sealer.open(value, name))
    return value
  }

  /** Decrypts a secure param's value; returns others unchanged. Throws PARAM_INVALID for another endpoint's seal. */
  open(name: string, value: unknown): unknown {
    return this.isSecure(name) && isSealed(value) ? this.#sealer.open(value, name) : value
  }

  #compile(schema: JsonObject): ValidateFunction | undefined {
    const anonymous = withoutIdentity(schema)
    try {
      return this.#ajv.compile(anonymous)
    } catch {
      // problemsOf() reports it.
      return undefined
    } finally {
      // Ajv keeps every schema that it has seen.
      this.#ajv.removeSchema(anonymous)
    }
  }
}

/** Removes a schema's name and draft, which do not change what it accepts and which Ajv may refuse. */
function withoutIdentity(schema: JsonObject): JsonObject {
  const { $schema: _draft, id: _id, $id: _newId, ...rest } = schema
  return rest
}

/** Converts unambiguous text: "15" to an integer, "true" to a boolean (plugin contract §3). */
function check(name: string, validate: ValidateFunction | undefined, value: unknown): unknown {
  // A schema is about a number, not about how it is written.
  if (validate === undefined || validate(plainNumbers(value))) return value
  const reason = validate.errors?.[0]
  if (typeof value === 'string' && /^(?:true|false|-?\d+(?:\.\d+)?)$/.test(value)) {
    const meant: unknown = JSON.parse(value)
    if (validate(meant)) return meant
  }
  throw new PowerbusError('PARAM_INVALID', `${name} ${expectation(reason)}`)
}

/** Leaves out the value, which may be a secret. */
function expectation(error: ErrorObject | undefined): string {
  if (error === undefined) return 'is not valid'
  const place = error.instancePath === '' ? '' : `at ${error.instancePath} `
  const allowed: unknown = error.params.allowedValues
  return `${place}${error.message ?? 'is not valid'}${Array.isArray(allowed) ? `: ${allowed.join(', ')}` : ''}`
}
