/** Does the work for each, at most so many at a time. A failure is told of, and keeps no other from it. */
export async function eachAtOnce<T>(
  objects: readonly T[],
  limit: number,
  work: (object: T) => Promise<void>,
  onFailure: (object: T, error: unknown) => void,
): Promise<void> {
  const left = objects.values()
  const worker = async () => {
    for (const object of left) await work(object).catch((error: unknown) => onFailure(object, error))
  }
  await Promise.all(Array.from({ length: limit }, worker))
}
