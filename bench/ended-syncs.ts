/** Counts the syncs whose end the server tells of. */
export interface EndedSyncs {
  count(): number;
  /** Resolves once so many have ended since the start; rejects when none ended for `patienceMs`. */
  reached(total: number, patienceMs?: number): Promise<void>;
  stop(): void;
}

/** Follows the ledger's events as the command line does; unlike asking again and again it costs the server next to nothing. */
export async function followEndedSyncs({ url, token }: { url: string; token: string }): Promise<EndedSyncs> {
  const ending = new AbortController();
  const response = await fetch(`${url}/api/v1/events?type=SyncSucceeded,SyncFailed&last=0`, {
    headers: { authorization: `Bearer ${token}`, accept: "text/event-stream" },
    signal: ending.signal,
  });
  if (!response.ok || response.body === null) throw new Error(`/events: ${response.status}`);
  let count = 0;
  let heard = Date.now();
  let wake = (): void => undefined;
  const follow = async (body: ReadableStream<Uint8Array>): Promise<void> => {
    let rest = "";
    for await (const chunk of body.pipeThrough(new TextDecoderStream())) {
      const lines = (rest + chunk).split("\n");
      rest = lines.pop() ?? "";
      const ended = lines.filter((line) => line.startsWith("data:") && /"type":"Sync(?:Succeeded|Failed)"/.test(line));
      if (ended.length === 0) continue;
      count += ended.length;
      heard = Date.now();
      wake();
    }
  };
  follow(response.body).catch(() => undefined);
  return {
    count: () => count,
    stop: () => ending.abort(),
    async reached(total, patienceMs = 120_000) {
      heard = Date.now();
      while (count < total) {
        const timer = Promise.withResolvers<void>();
        const alarm = setTimeout(() => timer.resolve(), 1_000);
        wake = () => timer.resolve();
        await timer.promise;
        clearTimeout(alarm);
        if (Date.now() - heard > patienceMs)
          throw new Error(`no sync ended in ${patienceMs} ms; ${count} of ${total} have`);
      }
    },
  };
}
