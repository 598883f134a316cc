import type { ContentBundle } from './content-bundle.ts'
import { FieldReader, type JsonObject } from './field-reader.ts'

/** Fields by which members of one section name members of another section. */
const references: readonly { readonly from: string; readonly field: string; readonly to: string }[] = [
  { from: 'workflows', field: 'Stages', to: 'stages' },
  { from: 'stages', field: 'Tasks', to: 'tasks' },
  { from: 'stages', field: 'Profiles', to: 'profiles' },
  { from: 'stages', field: 'RequiredParams', to: 'params' },
  { from: 'tasks', field: 'RequiredParams', to: 'params' },
  { from: 'tasks', field: 'OptionalParams', to: 'params' },
]

/**
 * The inconsistencies of a bundle (§6) in words. `workflows/x names stages/y`: the bundle has no such stage. `stages/x
 * is named y`: the member's name differs from its key. @throws DecodeError
 */
export function bundleProblems(bundle: ContentBundle): readonly string[] {
  const { sections } = bundle
  const has = (section: string, name: string) => Object.hasOwn(sections[section] ?? {}, name)
  const absent = (place: string, section: string, name: string) =>
    has(section, name) ? [] : [`${place} names ${section}/${name}`]
  return [
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
    ...membersOf(bundle, 'tasks').flatMap(({ place, member }) =>
      templatesOf(member).flatMap((id) => absent(place, 'templates', id)),
    ),
  ]
}

function membersOf({ sections }: ContentBundle, section: string) {
  return Object.entries(sections[section] ?? {}).map(([key, value]) => {
    const place = `${section}/${key}`
    return { key, place, member: new FieldReader(value, place).fields }
  })
}

/** IDs of the shared templates that a task uses; a template with contents of its own is not shared. */
function templatesOf(member: JsonObject): string[] {
  const templates = Array.isArray(member.Templates) ? member.Templates : []
  return templates.flatMap((template) => {
    const { ID, Contents } = Object(template) as { readonly ID?: unknown; readonly Contents?: unknown }
    return typeof ID === 'string' && ID !== '' && !Contents ? [ID] : []
  })
}
