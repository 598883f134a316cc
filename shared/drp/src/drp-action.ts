import { field, shape } from './shape.ts'

/** The `Model` of a system action is an empty object. @throws DecodeError */
export const decodeDrpAction = shape('Action', {
  Model: field.object,
  Plugin: field.text,
  Command: field.name,
  CommandSet: field.text,
  Params: field.object,
})

/** An action that an endpoint sends to a plugin (§3). `Model` is the complete object that it acts on. */
export type DrpAction = ReturnType<typeof decodeDrpAction>
