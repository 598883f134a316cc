import { isJsonObject, type JsonObject } from '@powerbus/drp'
import type { Kind } from './change.ts'

/** An object that another one names. */
export interface Reference {
  readonly kind: Kind
  readonly key: string
  /** What is wrong where there is no such object, in Digital Rebar's words. */
  readonly problem: string
}

interface Finder {
  /** All that it can give references to. */
  readonly kinds: readonly Kind[]
  readonly find: (object: JsonObject) => Reference[]
}

/** Which fields of each kind name other objects. */
const finders: Readonly<Record<Kind, readonly Finder[]>> = {
  machines: [
    one('Workflow', 'workflows'),
    one('Stage', 'stages'),
    one('BootEnv', 'bootenvs'),
    one('Context', 'contexts'),
    list('Profiles', 'profiles', 'Profile'),
    tasks('Tasks'),
  ],
  profiles: [list('Profiles', 'profiles', 'Profile')],
  stages: [one('BootEnv', 'bootenvs'), list('Profiles', 'profiles', 'Profile'), tasks('Tasks'), templates()],
  workflows: [list('Stages', 'stages', 'Stage')],
  tasks: [tasks('Prerequisites'), templates()],
  bootenvs: [templates()],
  users: [list('Roles', 'roles', 'Role')],
}

const nameable: ReadonlySet<Kind> = new Set(
  Object.values(finders).flatMap((ofKind) => ofKind.flatMap(({ kinds }) => kinds)),
)

/** All objects that an object of that kind names, each time that it names one. */
export function referencesOf(kind: Kind, object: JsonObject): Reference[] {
  return (finders[kind] ?? []).flatMap(({ find }) => find(object))
}

/** Whether objects of a kind can name any of another. */
export function canName(kind: Kind): boolean {
  return finders[kind] !== undefined
}

/** Whether any object can name one of that kind. */
export function canBeNamed(kind: Kind): boolean {
  return nameable.has(kind)
}

function one(field: string, kind: Kind): Finder {
  const find = ({ [field]: key }: JsonObject) => {
    if (typeof key !== 'string' || key === '') return []
    return [{ kind, key, problem: `${field} ${key} does not exist` }]
  }
  return { kinds: [kind], find }
}

function list(field: string, kind: Kind, title: string): Finder {
  const find = ({ [field]: keys }: JsonObject) =>
    texts(keys).map((key, index) => ({ kind, key, problem: `${title} ${key} (at ${index}) does not exist` }))
  return { kinds: [kind], find }
}

/** An entry is a task, or `stage:NAME`, `bootenv:NAME`, `context:NAME`; other words before a colon name no object. */
function tasks(field: string): Finder {
  const kinds: Readonly<Record<string, Kind>> = { stage: 'stages', bootenv: 'bootenvs', context: 'contexts' }
  const find = ({ [field]: entries }: JsonObject) =>
    texts(entries).flatMap((entry, index) => {
      const at = entry.indexOf(':')
      const [word, key] = at < 0 ? ['task', entry] : [entry.slice(0, at), entry.slice(at + 1)]
      const kind = at < 0 ? 'tasks' : kinds[word]
      if (kind === undefined || key === '') return []
      return [{ kind, key, problem: `${capital(word)} ${key} (at ${index}) does not exist` }]
    })
  return { kinds: ['tasks', ...Object.values(kinds)], find }
}

/** A template with contents of its own is not shared. */
function templates(): Finder {
  const find = ({ Templates }: JsonObject) => {
    const infos = Array.isArray(Templates) ? Templates.filter(isJsonObject) : []
    return infos.flatMap(({ ID, Contents }, index) => {
      if (typeof ID !== 'string' || ID === '' || Contents) return []
      return [{ kind: 'templates', key: ID, problem: `Templates[${index}]: No common template for ${ID}` }]
    })
  }
  return { kinds: ['templates'], find }
}

function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((text) => typeof text === 'string') : []
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1)
}
