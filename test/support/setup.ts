/** Tools that the tests drive and npm does not bring. Installs them where that is allowed, otherwise says how. */
import { spawnSync } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { delimiter, isAbsolute, join } from 'node:path'
import { pathToFileURL } from 'node:url'

export interface Tool {
  /** In the PATH; a path by itself: what is no program. */
  readonly program: string
  /** The Debian package that holds it. */
  readonly package: string
}

export const tools: readonly Tool[] = [
  { program: 'mosquitto_sub', package: 'mosquitto-clients' },
  { program: 'mosquitto_pub', package: 'mosquitto-clients' },
  { program: 'mosquitto', package: 'mosquitto' },
  { program: 'tmux', package: 'tmux' },
  { program: 'strace', package: 'strace' },
  { program: 'gcc', package: 'gcc' },
  { program: 'chromium', package: 'chromium' },
  { program: '/usr/lib/python3/dist-packages/paho', package: 'python3-paho-mqtt' },
  { program: '/usr/lib/python3/dist-packages/yaml', package: 'python3-yaml' },
  { program: '/usr/lib/python3/dist-packages/jinja2', package: 'python3-jinja2' },
]

/** Services live in sbin, which is not in everybody's PATH. */
export const missingTools = (wanted: readonly Tool[], path: string = process.env['PATH'] ?? ''): Tool[] => {
  const folders = [...path.split(delimiter), '/usr/sbin', '/sbin'].filter((folder) => folder !== '')
  return wanted.filter(({ program }) =>
    isAbsolute(program) ? !isExecutable(program) : !folders.some((folder) => isExecutable(join(folder, program))),
  )
}

export const packagesOf = (missing: readonly Tool[]): string[] => {
  const packages = new Set(missing.map((tool) => tool.package))
  // The headers that gcc needs are only recommended by it.
  return [...packages, ...(packages.has('gcc') ? ['libc6-dev'] : [])]
}

const isExecutable = (file: string): boolean => {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** Exit code: 0 all is there, 1 something is missing still. */
const main = (): number => {
  const missing = missingTools(tools)
  if (missing.length === 0) return 0
  const packages = packagesOf(missing)
  const mayInstall = process.getuid?.() === 0 && missingTools([{ program: 'apt-get', package: 'apt' }]).length === 0
  if (mayInstall) {
    console.error(`The tests need ${packages.join(', ')}: installing with apt-get (once).`)
    aptGet('update', '-qq')
    aptGet('install', '-y', '-qq', '--no-install-recommends', ...packages)
  }
  const left = missingTools(missing)
  if (left.length === 0) return 0
  console.error(
    [
      'The tests drive programs that are missing here:',
      ...left.map((tool) => `  ${tool.program.padEnd(14)} of the package ${tool.package}`),
      'Install them, then run npm test again:',
      `  sudo apt-get update && sudo apt-get install -y ${packagesOf(left).join(' ')}`,
    ].join('\n'),
  )
  return 1
}

const aptGet = (...words: readonly string[]): void => {
  spawnSync('apt-get', words, {
    stdio: ['ignore', process.stderr, process.stderr],
    // RUNLEVEL: the broker that comes with the package must not start and take port 1883.
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' },
  })
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) process.exitCode = main()
