import { isJsonObject, type Model } from '@powerbus/drp'
import { PowerbusError } from '@powerbus/plugin-sdk'
import { paramsOf, type StoredObject } from './stored-object.ts'
import { fieldKinds, jsonKind, type ValueKind } from './value-kinds.ts'

/** By which value lists are filtered and sorted. */
export interface ListIndex {
  readonly name: string
  readonly values: ValueKind
  /** Name of the param whose effective value counts; undefined for a field. */
  readonly param: string | undefined
  /** Whether an object has several values, each of which counts. */
  readonly isList: boolean
  /** The object's own value; undefined where it has none. */
  own(object: StoredObject): unknown
}

/** The index of that name. Throws FILTER_UNKNOWN. */
export type IndexOf = (name: string) => ListIndex

const PARAMS = 'Params.'
const META = 'Meta.'

/** Indexes by another name than their field's. */
const RENAMED: Readonly<Record<string, string>> = { Valid: 'Validated' }

const KINDS: Readonly<Record<string, ValueKind>> = {
  boolean: fieldKinds.flag,
  UUID: fieldKinds.caseless,
  'IP Address': fieldKinds.address,
}

/** The endpoint itself chooses plugins by this param, which no bundle of ours may define: DRP's own content has it. */
const MACHINE_PLUGIN = 'machine-plugin'

/**
 * The indexes of a kind: those of its model, `Meta.NAME`, and each defined param by its name. `Params.NAME` is a param
 * whether it is defined or not.
 */
export function listIndexes(model: Pick<Model, 'key' | 'indexes'>, isDefined: (param: string) => boolean): IndexOf {
  return (name) => {
    const known = Object.hasOwn(model.indexes, name) ? model.indexes[name] : undefined
    if (known) return fieldIndex(name, name === 'Key' ? model.key : (RENAMED[name] ?? name), known.Type)
    if (name.startsWith(META)) return metaIndex(name, name.slice(META.length))
    if (isDefined(name) || name === MACHINE_PLUGIN) return paramIndex(name)
    if (name.startsWith(PARAMS)) return paramIndex(name.slice(PARAMS.length))
    throw new PowerbusError('FILTER_UNKNOWN', `Filter not found: ${name.slice(0, 100)}`)
  }
}

function fieldIndex(name: string, field: string, type: string): ListIndex {
  const values = KINDS[type] ?? (field === 'HardwareAddrs' ? fieldKinds.caseless : fieldKinds.text)
  const own = (object: StoredObject) => (Object.hasOwn(object, field) ? object[field] : undefined)
  if (type !== 'list') return { name, values, param: undefined, isList: false, own }
  return { name, values, param: undefined, isList: true, own: (object) => listed(own(object)) }
}

/** Of a map such as Params its names. */
function listed(value: unknown): unknown {
  return isJsonObject(value) ? Object.keys(value) : value
}

function metaIndex(name: string, member: string): ListIndex {
  const own = ({ Meta }: StoredObject) => (isJsonObject(Meta) && Object.hasOwn(Meta, member) ? Meta[member] : undefined)
  return { name, values: fieldKinds.text, param: undefined, isList: false, own }
}

function paramIndex(param: string): ListIndex {
  const own = (object: StoredObject) => {
    const params = paramsOf(object)
    return Object.hasOwn(params, param) ? params[param] : undefined
  }
  return { name: `${PARAMS}${param}`, values: jsonKind, param, isList: false, own }
}
