"""Labels of a record: by the config that it was made with."""

from __future__ import annotations

from bot.core.events import ConfigPeriod
from bot.report.labels import PLAIN, Labels, labels_of
from bot.report.strategy_text import ROTATION, own_text, strategy_name
from bot.review.recording import Record
from bot.services.run_key import is_same_config
from bot.settings.loader import Config
from bot.settings.renamed_keys import with_new_names


def labels_of_record(record: Record, config: Config | None = None) -> Labels:
    """Return the labels of a run by its manifest, and of a forward ledger by the config that it was written with.

    A ledger holds only the hash of its config. With another `config` its labels have that one's coins and no numbers:
    roles change less often than numbers do.
    """
    if record.folder is not None:
        manifest = record.folder.json("manifest.json")
        is_real = manifest["market"] != "demo"
        return labels_of(with_new_names(manifest["config"]), is_real, strategy_name(manifest))
    period = record.last_event(ConfigPeriod)
    if period is None or config is None:
        return PLAIN
    labels = labels_of(config.resolved(), not period.event.is_history, period.event.strategy)
    if is_same_config(period.event, config):
        return labels
    own = period.event.strategy
    return Labels(eth=labels.eth, btc=labels.btc, strategy=own_text(own) if own else ROTATION)
