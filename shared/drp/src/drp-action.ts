import { field, shape } from './shape.ts'

/** The `Model` of a system action is profile `global`, or an empty object. @throws DecodeError */
export const decodeDrpAction = shape('Action', {
  Model: field.object,
  Plugin: field.text,
  Command: field.name,
  CommandSet: field.text,
  Params: field.object,
})

/** An action that an endpoint sends to a plugin (§3). `Model` is the complete object that it acts on. */
export type DrpAction = ReturnType<typeof decodeDrpAction>

/** Whether an action of that name only reads, in every service of ours: asking again is always safe. */
export function onlyReads(command: string): boolean {
  return /^(?:powerstatus|status(?:[A-Z]\w*)?|get[A-Z]\w*)$/.test(command)
}
