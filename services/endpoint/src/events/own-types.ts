import { type AvailableAction, type DrpEvent, models, STREAM_EVENT_TYPE } from '@powerbus/drp'
import { PowerbusError } from '@powerbus/plugin-sdk'

/** Types of the events that tell what the endpoint itself has, did or saw. Nobody else may publish one. */
const OWN_TYPES: ReadonlySet<string> = new Set([
  ...Object.keys(models),
  'contents',
  'tokens',
  'events',
  'endpoint',
  'system',
  'audit',
  'log',
  STREAM_EVENT_TYPE,
])

/** Actions of an object's changes. */
const CHANGES: ReadonlySet<string> = new Set(['create', 'update', 'save', 'delete'])

/**
 * Throws FORBIDDEN for an event of the endpoint's own types, in whatever case. A plugin may publish the events of its
 * own `actions`, such as `machines.poweron`, which both it and the endpoint publish.
 */
export function checkEventType({ Type, Action }: DrpEvent, actions: readonly AvailableAction[] = []): void {
  // NFKC and upper case: letters that look alike are one.
  const plain = Type.normalize('NFKC').trim().toUpperCase().toLowerCase()
  if (!OWN_TYPES.has(plain)) return
  const isOwnAction = actions.some(({ Model, Command }) => (Model || 'system') === Type && Command === Action)
  if (isOwnAction && !CHANGES.has(Action)) return
  const text = `only the endpoint publishes events of type ${plain}: use a type of your own, such as your plugin's name`
  throw new PowerbusError('FORBIDDEN', text)
}
