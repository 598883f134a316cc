import { randomUUID } from 'node:crypto'
import type { JsonObject, Model, Profile } from '@powerbus/drp'
import { PowerbusError } from '@powerbus/plugin-sdk'
import { roles, SUPERUSER } from '../auth/role.ts'
import { acceptedUser } from './accepted-user.ts'
import type { Kind } from './change.ts'
import type { CollectionOptions } from './collection.ts'
import type { Collections, Consistency } from './consistency.ts'
import { profileCircle } from './effective-params.ts'
import { checkLock } from './locked.ts'
import type { Definition, ParamDefinitions } from './param-definitions.ts'
import { preference } from './preferences.ts'
import { GLOBAL_PROFILE } from './profile.ts'
import { referencesOf } from './references.ts'
import { nameOf, paramsOf, type StoredObject } from './stored-object.ts'

export interface RuleParts {
  readonly kinds: Collections
  readonly definitions: ParamDefinitions
  readonly consistency: Consistency
}

/** Throws for an object that may not be stored. */
export type ObjectCheck = (object: StoredObject) => void

type Rules = Pick<CollectionOptions<StoredObject>, 'complete' | 'accept' | 'checkRemoval'>

/** Fields of machines that must name what is there when they are set; what others name is missed in Errors. */
const MUST_BE_THERE: readonly Kind[] = ['profiles', 'workflows']

const BUILT_IN = [...roles, SUPERUSER].join(', ')

/** What the endpoint makes of an object of that kind that a client sends, and what it refuses. */
export function objectRules(model: Model, parts: RuleParts, check?: ObjectCheck): Rules {
  const { prefix, key, fields } = model
  const { kinds, definitions, consistency } = parts
  const find = (kind: Kind) => (name: string) => kinds.get(kind)?.find(name)
  return {
    complete: (value) => (key === 'Uuid' ? { ...value, Uuid: uuidOf(value, prefix) } : value),
    accept: (given, present) => {
      check?.(given)
      if (prefix === 'users') return acceptedUser(given)
      if (prefix === 'roles') throw new PowerbusError('NOT_IMPLEMENTED', `no role can be made: use ${BUILT_IN}`)
      const isNewMachine = prefix === 'machines' && present === undefined
      const object = isNewMachine ? newMachine(given, (name) => preference(find('preferences'), name)) : given
      if (prefix === 'machines') checkNamed(object, present, find)
      if (prefix === 'profiles') checkCircle(object as unknown as Profile, find('profiles'))
      if (prefix === 'params') checkDefinition(object, present, parts)
      if (fields.Params === undefined) return object
      return { ...object, Params: definitions.acceptAll(paramsOf(object), present ? paramsOf(present) : {}) }
    },
    checkRemoval: (object) => {
      const name = nameOf(object)
      checkLock(model, object)
      if (prefix === 'profiles' && name === GLOBAL_PROFILE) throw conflict('profile global cannot be removed')
      if (prefix === 'params' && object.Secure) checkNoneSealed(name, 'removed', parts)
      const user = consistency.userOf(prefix, String(object[key]))
      if (user !== undefined) throw conflict(`${prefix} ${name} is in use by ${user}: change that first`)
    },
  }
}

/** Digital Rebar sets Runnable, whatever was sent, since its own client sends every field's zero value. */
function newMachine(machine: StoredObject, preferred: (name: string) => string): StoredObject {
  const { Stage, BootEnv } = machine
  return {
    ...machine,
    Runnable: true,
    Stage: Stage || preferred('defaultStage'),
    BootEnv: BootEnv || preferred('defaultBootEnv'),
  }
}

/** The UUID of a new object, which gets one where it has none. Throws REQUEST_INVALID. */
function uuidOf({ Uuid }: JsonObject, prefix: Kind): string {
  const uuid = Uuid || randomUUID()
  if (typeof uuid === 'string' && UUID.test(uuid)) return uuid.toLowerCase()
  throw new PowerbusError('REQUEST_INVALID', `Uuid of ${prefix} must be a UUID, or left out`)
}

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** What was named before may have gone with its bundle, and stays. */
function checkNamed(
  object: StoredObject,
  present: StoredObject | undefined,
  find: (kind: Kind) => (name: string) => StoredObject | undefined,
): void {
  const isMeant = ({ kind }: { readonly kind: Kind }) => MUST_BE_THERE.includes(kind)
  const before = present ? referencesOf('machines', present).filter(isMeant) : []
  for (const { kind, key, problem } of referencesOf('machines', object).filter(isMeant)) {
    const wasNamed = before.some((reference) => reference.kind === kind && reference.key === key)
    if (wasNamed || find(kind)(key) !== undefined) continue
    throw new PowerbusError('OBJECT_INVALID', `${problem}: create it first`)
  }
}

function checkCircle(profile: Profile, find: (name: string) => StoredObject | undefined): void {
  const circle = profileCircle(profile, find)
  if (circle.length === 0) return
  throw new PowerbusError('OBJECT_INVALID', `Profiles make a circle: ${circle.join(' ')}`)
}

function checkDefinition(object: StoredObject, present: StoredObject | undefined, parts: RuleParts): void {
  const definition = object as unknown as Definition
  const [problem] = parts.definitions.problemsOf(definition)
  if (problem !== undefined) throw new PowerbusError('OBJECT_INVALID', `Param ${definition.Name}: ${problem}`)
  if (present?.Secure && !definition.Secure) checkNoneSealed(definition.Name, 'made plain', parts)
}

/** Nobody could read a sealed value without a definition that says Secure. */
function checkNoneSealed(name: string, what: string, { kinds, definitions }: RuleParts): void {
  for (const [kind, collection] of kinds) {
    for (const object of collection.index.byName) {
      if (!definitions.isSealedIn(paramsOf(object), name)) continue
      throw conflict(`secure param ${name} cannot be ${what} while ${kind} ${nameOf(object)} has a value: remove that`)
    }
  }
}

function conflict(message: string): PowerbusError {
  return new PowerbusError('OBJECT_CONFLICT', message)
}
