import type { ContentBundle } from './content-bundle.ts'
import { FieldReader, type JsonObject } from './field-reader.ts'

/** Fields by which members of one section name members of another section. */
const references: readonly { readonly from: string; readonly field: string; readonly to: string }[] = [
  { from: 'workflows', field: 'Stages', to: 'stages' },
  { from: 'stages', field: 'Tasks', to: 'tasks' },
  { from: 'stages', field: 'Profiles', to: 'profiles' },
  { from: 'stages', field: 'RequiredParams', to: 'params' },
  { from: 'stages', field: 'OptionalParams', to: 'params' },
  { from: 'tasks', field: 'Prerequisites', to: 'tasks' },
  { from: 'tasks', field: 'RequiredParams', to: 'params' },
  { from: 'tasks', field: 'OptionalParams', to: 'params' },
]

/** Names of each section that the endpoint or other content has. */
export type ExternalNames = Readonly<Record<string, readonly string[]>>

/**
 * The inconsistencies of a bundle (§6) in words. `workflows/x names stages/y`: neither the bundle nor `external` has such
 * a stage. `stages/x is named y`: the member's name differs from its key. What the text of a template includes, and the
 * params that it asks for, count as named. @throws DecodeError
 */
export function bundleProblems(bundle: ContentBundle, external: ExternalNames = {}): readonly string[] {
  const { sections } = bundle
  const has = (section: string, name: string) =>
    Object.hasOwn(sections[section] ?? {}, name) || (external[section] ?? []).includes(name)
  const absent = (place: string, section: string, name: string) =>
    has(section, name) ? [] : [`${place} names ${section}/${name}`]
  const problems = [
    ...Object.keys(sections).flatMap((section) =>
      membersOf(bundle, section).flatMap(({ key, place, member }) => {
        const name = member[section === 'templates' ? 'ID' : 'Name']
        return name === key ? [] : [`${place} is named ${String(name)}`]
      }),
    ),
    ...references.flatMap(({ from, field, to }) =>
      membersOf(bundle, from).flatMap(({ place, member }) =>
        new FieldReader(member, place).strings(field).flatMap((name) => absent(place, to, name)),
      ),
    ),
    ...['tasks', 'stages'].flatMap((section) =>
      membersOf(bundle, section).flatMap(({ place, member }) => [
        ...templatesOf(member).flatMap((id) => absent(place, 'templates', id)),
        ...textsOf(member).flatMap((text) => namedIn(text).flatMap(([to, name]) => absent(place, to, name))),
      ]),
    ),
    ...membersOf(bundle, 'templates').flatMap(({ place, member }) =>
      namedIn(String(member.Contents)).flatMap(([section, name]) => absent(place, section, name)),
    ),
  ]
  return [...new Set(problems)]
}

/** What the actions in a template's text name: section and name. */
function namedIn(text: string): readonly (readonly [section: string, name: string])[] {
  const named = /\btemplate\s+"([^"]+)"|\.Param(?:Exists|Expand|AsJSON|Compose)?\s+"([^"]+)"/g
  return Array.from(text.matchAll(/\{\{[\s\S]*?\}\}/g)).flatMap(([action]) =>
    Array.from(action.matchAll(named), ([, template, param = '']) =>
      template === undefined ? (['params', param] as const) : (['templates', template] as const),
    ),
  )
}

function membersOf({ sections }: ContentBundle, section: string) {
  return Object.entries(sections[section] ?? {}).map(([key, value]) => {
    const place = `${section}/${key}`
    return { key, place, member: new FieldReader(value, place).fields }
  })
}

/** IDs of the shared templates that a task uses; a template with contents of its own is not shared. */
function templatesOf(member: JsonObject): string[] {
  return partsOf(member).flatMap(({ ID, Contents }) => (typeof ID === 'string' && ID !== '' && !Contents ? [ID] : []))
}

/** Texts of the templates that stand in a task itself. */
function textsOf(member: JsonObject): string[] {
  return partsOf(member).flatMap(({ Contents }) => (typeof Contents === 'string' ? [Contents] : []))
}

function partsOf({ Templates }: JsonObject): readonly { readonly ID?: unknown; readonly Contents?: unknown }[] {
  return Array.isArray(Templates) ? Templates.map((template) => Object(template)) : []
}
