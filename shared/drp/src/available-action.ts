import { field, shape } from './shape.ts'

/** @throws DecodeError */
export const decodeAvailableAction = shape('AvailableAction', {
  Provider: field.text,
  Model: field.text,
  Command: field.name,
  RequiredParams: field.strings,
  OptionalParams: field.strings,
})

/** An action in a manifest (§2). `Model` is the kind of object that it acts on; empty means a system action. */
export type AvailableAction = ReturnType<typeof decodeAvailableAction>
