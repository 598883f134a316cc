import { pluginNames, readText, sourceFiles } from './repository.ts'

/** They use the API where they have it, and are deployed without: ipmi switches identify lights off by it after a restart. */
const optional: readonly string[] = ['ipmi']

/** The plugins whose code asks for the endpoint's API, and that are deployed with a token. */
export const apiPlugins: readonly string[] = pluginNames.filter(
  (name) =>
    !optional.includes(name) &&
    sourceFiles.some((path) => path.startsWith(`services/${name}/src/`) && /\bendpoint\.api\(\)/.test(readText(path))),
)
