import type { AskEndpoint } from './endpoint-process.ts'

/** Machines that are made side by side; so many connections the endpoint is asked over. */
export const MAKERS = 16

/** Makes `count` machines at the endpoint; `machine` gives the one of a number from 1. */
export async function makeMachines(
  ask: AskEndpoint,
  count: number,
  machine: (number: number) => unknown,
): Promise<void> {
  let number = 0
  const make = async () => {
    while (number < count) {
      number += 1
      await ask('POST', 'machines', machine(number))
    }
  }
  await Promise.all(Array.from({ length: MAKERS }, make))
}
