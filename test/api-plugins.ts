import { pluginNames, readText, sourceFiles } from './repository.ts'

/** The plugins whose code asks for the endpoint's API. */
export const apiPlugins: readonly string[] = pluginNames.filter((name) =>
  sourceFiles.some((path) => path.startsWith(`services/${name}/src/`) && /\bendpoint\.api\(\)/.test(readText(path))),
)
