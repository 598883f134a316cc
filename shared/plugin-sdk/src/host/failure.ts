import { DecodeError, type DrpError, pluginError } from '@powerbus/drp'
import { outOfDescriptors } from '../descriptors.ts'
import { PowerbusError } from '../errors.ts'
import { ofStore } from '../power/store-failure.ts'

/** Any error as one of the table; what is not in it yet is INTERNAL, with the foreign error as its cause. */
export function asPowerbusError(thrown: unknown): PowerbusError {
  const error = ofStore(thrown)
  if (error instanceof PowerbusError) return error
  const message = error instanceof Error ? error.message : String(error)
  if (error instanceof DecodeError) return new PowerbusError('REQUEST_INVALID', message, { cause: error })
  return outOfDescriptors(error) ?? new PowerbusError('INTERNAL', `Internal error: ${message}`, { cause: error })
}

/** The Error object that answers for an error (plugin contract §3). `Reason` is its name in the error table. */
export function failureOf(plugin: string, error: PowerbusError): DrpError {
  return { ...pluginError(plugin, error.status, [error.message]), Reason: error.code }
}

/** Config and publish answer with an Error object whose last message is the failing Error as a JSON string. */
export function wrappedFailure(failure: DrpError, code: number): DrpError {
  return pluginError(failure.Key, code, [JSON.stringify(failure)])
}
