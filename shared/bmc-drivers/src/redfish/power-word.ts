export type Power = 'on' | 'off'

/** A machine on its way is taken for where it goes, unless somebody waits for it there: it is not there yet. */
const moving: Readonly<Record<string, Power>> = { PoweringOn: 'on', PoweringOff: 'off' }
const still: Readonly<Record<string, Power>> = { On: 'on', Off: 'off' }

/** Undefined for Paused, Reset, Unknown, and where the BMC says nothing: no state to decide by. DSP0268, Resource.PowerState. */
export function powerOf(word: string | undefined, wanted?: Power): Power | undefined {
  if (word === undefined) return undefined
  const to = moving[word]
  if (to !== undefined) return wanted === to ? opposite(to) : to
  return still[word]
}

function opposite(power: Power): Power {
  return power === 'on' ? 'off' : 'on'
}

/** Whether a machine that was on shows this state only on its way through off. */
export function isDip(word: string | undefined): boolean {
  return word === 'Off' || word === 'PoweringOff' || word === 'PoweringOn'
}
