/**
 * Seeds of a long fault run: `few` from `first` on, or `all` of them with `npm run test:faults -- --all`. POWERBUS_SEED=N
 * repeats the run with that seed alone.
 */
export function faultSeeds(counts: { readonly first: number; readonly few: number; readonly all: number }): number[] {
  const { POWERBUS_SEED: seed, POWERBUS_ALL_SEEDS: isAll } = process.env
  if (seed) return [Number(seed)]
  return Array.from({ length: isAll ? counts.all : counts.few }, (_, index) => counts.first + index)
}
