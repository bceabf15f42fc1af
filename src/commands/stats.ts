/**
 * Counters of the server, as INFO stats prints them. CONFIG RESETSTAT sets them back.
 *
 * @since 0.1.0
 */

/** Counters of one command. */
export class CommandStats {
  calls = 0;
  rejected = 0;
  failed = 0;
  durationUs = 0;
}

/** How many samples an instantaneous rate is the mean of. */
const SAMPLES = 16;
const SAMPLE_PERIOD_MS = 100;

/** A rate per second, as the mean over the last samples of a counter. */
class Rate {
  private readonly samples = new Float64Array(SAMPLES);
  private at = 0;
  private lastCount = 0;

  sample(count: number, elapsedMs: number): void {
    this.samples[this.at] = Math.max(0, (count - this.lastCount) * 1000) / elapsedMs;
    this.at = (this.at + 1) % SAMPLES;
    this.lastCount = count;
  }

  get perSecond(): number {
    return this.samples.reduce((sum, value) => sum + value, 0) / SAMPLES;
  }
}

export class ServerStats {
  readonly commandRate = new Rate();
  readonly inputRate = new Rate();
  readonly outputRate = new Rate();
  readonly replicationInputRate = new Rate();
  readonly replicationOutputRate = new Rate();
  private sampledMs = 0;

  connectionsReceived = 0;
  commandsProcessed = 0;
  networkInBytes = 0;
  networkOutBytes = 0;
  replicationInBytes = 0;
  replicationOutBytes = 0;
  rejectedConnections = 0;
  fullSyncs = 0;
  partialSyncs = 0;
  partialSyncErrors = 0;
  errorReplies = 0;
  queryBufferDisconnections = 0;
  outputBufferDisconnections = 0;
  /** Error replies by their first word ("ERR", "WRONGTYPE"). */
  readonly errors = new Map<string, number>();

  /** Counts an error reply by its text. */
  countError(text: string): void {
    const space = text.indexOf(' ');
    const code = space < 0 ? text : text.slice(0, space);
    this.errorReplies++;
    this.errors.set(code, (this.errors.get(code) ?? 0) + 1);
  }

  /** Takes the samples behind the instantaneous rates; to be called at least ten times a second. */
  sample(nowMs: number): void {
    const elapsedMs = nowMs - this.sampledMs;
    if (elapsedMs < SAMPLE_PERIOD_MS) return;
    this.sampledMs = nowMs;
    this.commandRate.sample(this.commandsProcessed, elapsedMs);
    this.inputRate.sample(this.networkInBytes, elapsedMs);
    this.outputRate.sample(this.networkOutBytes, elapsedMs);
    this.replicationInputRate.sample(this.replicationInBytes, elapsedMs);
    this.replicationOutputRate.sample(this.replicationOutBytes, elapsedMs);
  }

  reset(): void {
    this.connectionsReceived = 0;
    this.commandsProcessed = 0;
    this.networkInBytes = 0;
    this.networkOutBytes = 0;
    this.replicationInBytes = 0;
    this.replicationOutBytes = 0;
    this.rejectedConnections = 0;
    this.fullSyncs = 0;
    this.partialSyncs = 0;
    this.partialSyncErrors = 0;
    this.errorReplies = 0;
    this.queryBufferDisconnections = 0;
    this.outputBufferDisconnections = 0;
    this.errors.clear();
  }
}
