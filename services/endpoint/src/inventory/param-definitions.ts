import { isDeepStrictEqual } from 'node:util'
import { type JsonObject, type ParamDefinition, paramNamePattern } from '@powerbus/drp'
import { PowerbusError } from '@powerbus/plugin-sdk'
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv'
import { compareText } from './collection.ts'
import { isSealed, type Sealer } from './sealer.ts'

interface Known {
  readonly definition: ParamDefinition
  readonly provider: string
  /** Undefined where the schema is not one that can be checked. */
  readonly validate: ValidateFunction | undefined
}

/** The params that the plugin providers' bundles define: defaults, checks, and which are secure. */
export class ParamDefinitions {
  readonly #known = new Map<string, Known>()
  readonly #sealer: Sealer
  readonly #ajv = new Ajv({ strict: false, validateSchema: false, allErrors: false, logger: false })

  constructor(sealer: Sealer) {
    this.#sealer = sealer
  }

  /** The public half of the key that seals. */
  get sealKey(): string {
    return this.#sealer.publicKey
  }

  /** Adds a bundle's params; where two define one, the first stays. Gives what an operator should know of. */
  add(provider: string, definitions: Readonly<Record<string, ParamDefinition>>): string[] {
    const notices: string[] = []
    for (const definition of Object.values(definitions)) {
      const present = this.#known.get(definition.Name)
      if (present !== undefined && present.provider !== provider) {
        // The params of power are the same in every bundle that has them.
        if (!isDeepStrictEqual(definition, present.definition))
          notices.push(`param ${definition.Name} of ${provider} is defined by ${present.provider} already`)
        continue
      }
      const validate = this.#compile(definition.Schema)
      if (validate === undefined)
        notices.push(`the schema of param ${definition.Name} is not valid: values go unchecked`)
      this.#known.set(definition.Name, { definition, provider, validate })
    }
    return notices
  }

  list(): ParamDefinition[] {
    return Array.from(this.#known.values(), (known) => known.definition).sort((a, b) => compareText(a.Name, b.Name))
  }

  find(name: string): ParamDefinition | undefined {
    return this.#known.get(name)?.definition
  }

  /** Every default, by param. */
  defaults(): Record<string, unknown> {
    const defaults: Record<string, unknown> = {}
    for (const { definition } of this.#known.values()) {
      if (definition.Schema.default !== undefined) defaults[definition.Name] = definition.Schema.default
    }
    return defaults
  }

  /**
   * Params as they are to be kept: each new value checked against its definition, where there is one, and sealed where
   * that says so. Values that are `present` already stay, whatever a newer definition thinks of them.
   * Throws PARAM_INVALID that names the param.
   */
  acceptAll(params: JsonObject, present: JsonObject): JsonObject {
    const accepted = Object.entries(params).map(([name, value]): [string, unknown] => {
      const isKept =
        Object.hasOwn(present, name) && isDeepStrictEqual(value, present[name]) && !this.isBare(name, value)
      return [name, isKept ? value : this.accept(name, value)]
    })
    return Object.fromEntries(accepted)
  }

  /** Whether a secure param's value lies in the clear: it was set before the definition was known. */
  isBare(name: string, value: unknown): boolean {
    return this.#known.get(name)?.definition.Secure === true && !isSealed(value)
  }

  accept(name: string, value: unknown): unknown {
    if (!paramNamePattern.test(name)) {
      throw new PowerbusError('PARAM_INVALID', `'${name}' cannot be a param's name: it begins with a letter`)
    }
    const known = this.#known.get(name)
    if (known === undefined) return value
    if (!known.definition.Secure) return check(name, known.validate, value)
    if (!isSealed(value)) return this.#sealer.seal(check(name, known.validate, value))
    check(name, known.validate, this.#sealer.open(value, name))
    return value
  }

  /** Whether the value is a secure param's, sealed. */
  isSecret(name: string, value: unknown): boolean {
    return this.#known.get(name)?.definition.Secure === true && isSealed(value)
  }

  /** The value in the clear. Throws PARAM_INVALID where it was sealed for another endpoint. */
  open(name: string, value: unknown): unknown {
    return this.isSecret(name, value) && isSealed(value) ? this.#sealer.open(value, name) : value
  }

  #compile(schema: JsonObject): ValidateFunction | undefined {
    try {
      return this.#ajv.compile(withoutIdentity(schema))
    } catch {
      // Told to the operator by add().
      return undefined
    }
  }
}

/** Draft 4 names a schema by `id` and its draft by `$schema`: neither changes what it accepts. */
function withoutIdentity(schema: JsonObject): JsonObject {
  const { $schema: _draft, id: _id, $id: _newId, ...rest } = schema
  return rest
}

/** Text that can only mean one thing is read as that: "15" for an integer, "true" for a boolean (contract §3). */
function check(name: string, validate: ValidateFunction | undefined, value: unknown): unknown {
  if (validate === undefined || validate(value)) return value
  const reason = validate.errors?.[0]
  if (typeof value === 'string' && /^(?:true|false|-?\d+(?:\.\d+)?)$/.test(value)) {
    const meant: unknown = JSON.parse(value)
    if (validate(meant)) return meant
  }
  throw new PowerbusError('PARAM_INVALID', `${name} ${expectation(reason)}`)
}

/** The value itself is left out: it may be a secret. */
function expectation(error: ErrorObject | undefined): string {
  if (error === undefined) return 'is not valid'
  const place = error.instancePath === '' ? '' : `at ${error.instancePath} `
  const allowed: unknown = error.params.allowedValues
  return `${place}${error.message ?? 'is not valid'}${Array.isArray(allowed) ? `: ${allowed.join(', ')}` : ''}`
}
