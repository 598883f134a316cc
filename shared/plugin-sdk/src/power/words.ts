import { isJsonObject } from '@powerbus/drp'
import { type BootVerb, bootVerbs, type PowerVerb } from './verbs.ts'

/** What an action answers instead of its result where power/answer is `text`. */
export type Words = (result: unknown) => string

/** After `Chassis Power Control: `. */
const controls: Readonly<Record<Exclude<PowerVerb, 'powerstatus'>, string>> = {
  poweron: 'Up/On',
  poweroff: 'Down/Off',
  powercycle: 'Cycle',
  powershutdown: 'Soft',
  powerreset: 'Reset',
  powerdiag: 'Diag',
  accycle: 'AC Cycle',
}

/** What ipmitool 1.8.19 prints for this verb, with the newline that the first ipmi plugin passed on with it. */
export function powerWords(verb: PowerVerb): Words {
  if (verb === 'powerstatus') return (result) => `Chassis Power is ${fieldOf(result, 'Power')}\n`
  return () => `Chassis Power Control: ${controls[verb]}\n`
}

/** As `powerWords`. */
export function bootWords(verb: BootVerb): Words {
  return () => `Set Boot Device to ${bootVerbs[verb].device}\n`
}

/** As `powerWords`, for the result `{"Identify": "on" | "off", "Seconds": n}`. */
export const identifyWords: Words = (result) => {
  const isOff = fieldOf(result, 'Identify') === 'off'
  return `Chassis identify interval: ${isOff ? 'off' : `${fieldOf(result, 'Seconds')} seconds`}\n`
}

/**
 * The answer to an action: its result, or its words where power/answer is `text`. A dry run is answered as an object,
 * since nothing was done.
 */
export function answerOf(
  words: Words | undefined,
  params: Readonly<Record<string, unknown>>,
  result: unknown,
): unknown {
  const isText = params['power/answer'] === 'text' && !fieldOf(result, 'DryRun')
  return words && isText ? words(result) : result
}

function fieldOf(result: unknown, name: string): unknown {
  return isJsonObject(result) ? result[name] : undefined
}
