import { isDeepStrictEqual } from 'node:util'
import { type JsonObject, type ParamDefinition, paramNamePattern } from '@powerbus/drp'
import { PowerbusError } from '@powerbus/plugin-sdk'
import { plainNumbers } from '@powerbus/store'
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv'
import { compareText } from './compare-text.ts'
import { isSealed, type Sealer } from './sealer.ts'

const NAME_BYTES_MAX = 255

interface Known {
  readonly definition: ParamDefinition
  readonly provider: string
  /** Undefined where the schema is not valid. */
  readonly validate: ValidateFunction | undefined
}

/** The params that the bundle `powerbus` and the providers' bundles define: their defaults, schemas and whether they are secure. */
export class ParamDefinitions {
  readonly #known = new Map<string, Known>()
  /** Params that any definition calls secure, also one of a provider that is not used. */
  readonly #secure = new Set<string>()
  readonly #sealer: Sealer
  /** Made anew after each change of the definitions. */
  #defaults: Readonly<Record<string, unknown>> | undefined
  readonly #ajv = new Ajv({ strict: false, validateSchema: false, allErrors: false, logger: false })

  constructor(sealer: Sealer) {
    this.#sealer = sealer
  }

  /**
   * Adds a bundle's params. The first definition of a param stays. Returns notices for the operator. Throws an Error that
   * names the param and both providers, and adds none, where another provider's definition differs in Secure. The param
   * is secure then too.
   */
  add(provider: string, definitions: Readonly<Record<string, ParamDefinition>>): string[] {
    this.#defaults = undefined
    for (const { Name, Secure } of Object.values(definitions)) if (Secure) this.#secure.add(Name)
    for (const { Name, Secure } of Object.values(definitions)) {
      const present = this.#known.get(Name)
      if (present === undefined || present.provider === provider || present.definition.Secure === Secure) continue
      const [secure, plain] = Secure ? [provider, present.provider] : [present.provider, provider]
      const text = `param ${Name} is secure in ${secure} and is not in ${plain}, so ${provider} is not used`
      throw new Error(`${text}: remove one of the two plugins, or take a version of ${plain} that defines it Secure`)
    }
    const notices: string[] = []
    for (const definition of Object.values(definitions)) {
      const present = this.#known.get(definition.Name)
      if (present !== undefined && present.provider !== provider) {
        // Plugins of before the bundle `powerbus` define the params of power too, and equally.
        if (!isDeepStrictEqual(definition, present.definition))
          notices.push(
            `param ${definition.Name} of ${provider} differs from that of ${present.provider}, which is used`,
          )
        continue
      }
      const validate = this.#compile(definition.Schema ?? {})
      if (validate === undefined)
        notices.push(`the schema of param ${definition.Name} is not valid: its values are not checked`)
      this.#known.set(definition.Name, { definition, provider, validate })
    }
    return notices
  }

  /** With which a client seals the value of a secure param: X25519, 32 bytes. */
  get publicKey(): Uint8Array {
    return this.#sealer.publicKey
  }

  list(): ParamDefinition[] {
    const shown = ({ definition }: Known) => ({ ...definition, Secure: this.#secure.has(definition.Name) })
    return Array.from(this.#known.values(), shown).sort((a, b) => compareText(a.Name, b.Name))
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
    return this.#secure.has(name) && !isSealed(value)
  }

  #accept(name: string, value: unknown): unknown {
    checkParamName(name)
    const validate = this.#known.get(name)?.validate
    if (!this.#secure.has(name)) return check(name, validate, value)
    if (!isSealed(value)) return this.#sealer.seal(check(name, validate, value))
    check(name, validate, this.#sealer.open(value, name))
    return value
  }

  /** Decrypts a secure param's value; returns others unchanged. Throws PARAM_INVALID for another endpoint's seal. */
  open(name: string, value: unknown): unknown {
    return this.#secure.has(name) && isSealed(value) ? this.#sealer.open(value, name) : value
  }

  #compile(schema: JsonObject): ValidateFunction | undefined {
    try {
      return this.#ajv.compile(withoutIdentity(schema))
    } catch {
      // add() reports it to the operator.
      return undefined
    }
  }
}

/** A path of the API holds a param's name, and clients take `.` and `..` out of a path. Throws PARAM_INVALID. */
function checkParamName(name: string): void {
  const isAddressable = !name.split('/').some((part) => part === '.' || part === '..')
  if (isAddressable && paramNamePattern.test(name) && Buffer.byteLength(name) <= NAME_BYTES_MAX) return
  const rule = `begins with a letter, has letters, digits, blanks and - _ . /, no part . or .., at most ${NAME_BYTES_MAX} bytes`
  throw new PowerbusError('PARAM_INVALID', `'${name.slice(0, 40)}' cannot be a param's name: it ${rule}`)
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
