import { execFile } from 'node:child_process'
import { mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

/** The wall clock of a process that runs with `environment`; its monotonic clock stays true. */
export interface ShiftedClock extends AsyncDisposable {
  readonly environment: Readonly<Record<string, string>>
  /** From now on the clock is off by so much. Whole seconds. */
  shift(ms: number): Promise<void>
}

/** Compiles the preloaded shim; a text says why that cannot be done here. */
export const createShiftedClock = async (): Promise<ShiftedClock | string> => {
  if (process.platform !== 'linux') return 'needs Linux, to preload a shifted clock'
  const folder = await mkdtemp(join(tmpdir(), 'hearth-clock-'))
  const shim = join(folder, 'shifted-clock.so')
  const source = join(import.meta.dirname, 'shifted-clock.c')
  try {
    await promisify(execFile)('cc', [
      '-O2',
      '-shared',
      '-fPIC',
      '-Wall',
      '-Wno-nonnull-compare',
      '-o',
      shim,
      source,
      '-ldl',
    ])
  } catch (error) {
    await rm(folder, { recursive: true })
    return `needs a C compiler, to preload a shifted clock: ${error instanceof Error ? error.message : String(error)}`
  }
  const file = await open(join(folder, 'shift'), 'w+')
  const shift = async (ms: number): Promise<void> => {
    const value = Buffer.alloc(8)
    value.writeBigInt64LE(BigInt(ms))
    await file.write(value, 0, 8, 0)
  }
  await shift(0)
  return {
    environment: { LD_PRELOAD: shim, HEARTH_TEST_CLOCK: join(folder, 'shift') },
    shift,
    [Symbol.asyncDispose]: async () => {
      await file.close()
      await rm(folder, { recursive: true })
    },
  }
}
