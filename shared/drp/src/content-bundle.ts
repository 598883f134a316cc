import { FieldReader, type JsonObject } from './field-reader.ts'
import { decodeParamDefinition, type ParamDefinition } from './models/param.ts'

/** Flags in the metadata that DRP's client sends with every bundle. They say nothing here, and are dropped. */
const FLAGS = ['Writable', 'Overwritable']

/** Metadata of a content bundle (§6); all values are strings. */
export type ContentMeta = Readonly<Record<string, string>> & { readonly Name: string; readonly Version: string }

/** A content bundle (§6). Only the section params is checked; others pass through unchanged. */
export interface ContentBundle {
  readonly meta: ContentMeta
  readonly sections: Readonly<Record<string, JsonObject>> & {
    readonly params: Readonly<Record<string, ParamDefinition>>
  }
}

/** Checks a bundle that a YAML or JSON parser has read. @throws DecodeError */
export function decodeContentBundle(value: unknown): ContentBundle {
  const read = new FieldReader(value, 'Content')
  const meta = new FieldReader(withoutFlags(read.object('meta')), 'Content.meta')
  const sections = new FieldReader(read.object('sections', {}), 'Content.sections')
  return {
    meta: {
      ...new FieldReader({ meta: meta.fields }, 'Content').texts('meta'),
      Name: meta.name('Name'),
      Version: meta.string('Version', ''),
    },
    sections: {
      ...read.map('sections', (section, place) => new FieldReader(section ?? {}, place).fields),
      params: sections.map('params', decodeParamDefinition),
    },
  }
}

function withoutFlags(meta: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(meta).filter(([name, value]) => !FLAGS.includes(name) && value !== null))
}
