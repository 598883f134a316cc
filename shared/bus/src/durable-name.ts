import { BusError } from './bus-error.ts'

/** Throws BusError INPUT: the name is a token of a subject and the name of a consumer as it is. */
export function checkDurable(name: string): void {
  if (!/^[A-Za-z0-9_-]{1,64}$/.test(name)) {
    throw new BusError('INPUT', 'a durable name has 1 to 64 letters, digits, - and _')
  }
}
