import { computed, field, structs, textOr } from '../shape.ts'

/** Fields that (nearly) all models have. */
export const sharedFields = {
  /** Whether the object itself is well-formed. */
  Validated: computed(field.flag),
  /** Whether it can be used: it is valid, and what it names is there. */
  Available: computed(field.flag),
  /** Why it is not available. */
  Errors: computed(field.strings),
  /** Whether it comes from a bundle, so that no request changes it. */
  ReadOnly: computed(field.flag),
  Meta: field.texts,
  /** Name of the endpoint that a manager holds the object for; always empty here. */
  Endpoint: computed(field.text),
  /** Name of the bundle that it comes from. */
  Bundle: computed(field.text),
}

/** For models whose lists may be cut down to some fields or params: whether that was done. */
export const partial = { Partial: computed(field.flag) }

export const described = { Name: field.name, Description: field.text, Documentation: field.text }

export const templates = structs({
  Name: field.text,
  Path: field.text,
  Link: field.text,
  /** ID of a shared template; empty where Contents are given. */
  ID: field.text,
  Contents: field.text,
  Meta: field.texts,
})

/** RFC 3339; Go's zero time where it has not come yet. */
export const time = textOr('0001-01-01T00:00:00Z')
