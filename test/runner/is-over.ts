/** For mutants.test.ts. */
export function isOver(count: number, limit: number): boolean {
  return count > limit && limit !== 0
}
