import { conversationMethods } from './conversation-methods.ts'
import { messageMethods } from './message-methods.ts'
import { peopleMethods } from './people-methods.ts'
import type { SlackMethod } from './slack-method.ts'

/** Every method of the Web API that the fake knows; others are answered with `unknown_method`. */
export const slackMethods: ReadonlyMap<string, SlackMethod> = new Map(
  Object.entries({ ...conversationMethods, ...messageMethods, ...peopleMethods }),
)
