"""Sentences of what mapping, sync and links report."""

SENTENCES: dict[str, tuple[str, str]] = {
    "MISSING_KEY": (
        "The key is empty, so the row can't be told from others. Fill it in.",
        "Kuncinya kosong, sehingga baris ini tidak dapat dibedakan. Isilah.",
    ),
    "MISSING_REQUIRED": (
        "A required cell is empty. Fill it in.",
        "Isian wajib ini kosong. Isilah.",
    ),
    "DUPLICATE_KEY": (
        "The same key stands with other content at {others}. Correct one of them; until then neither is used.",
        "Kunci yang sama dengan isi berbeda ada di {others}. Betulkan salah satunya; sementara itu keduanya tidak dipakai.",
    ),
    "CROSSWALK_NO_MATCH": (
        "This row of the crosswalk of {link} points to a {entity} that is not there. Correct or remove the row.",
        "Baris padanan {link} ini menunjuk {entity} yang tidak ada. Betulkan atau hapus baris ini.",
    ),
    "SHRINK_GUARD": (
        "{entity} would shrink from {before} to {after} records, so the sync was stopped and the old figures stay. "
        "If that is right, run it again with --force; else look for missing files or rows.",
        "{entity} akan berkurang dari {before} menjadi {after} data, maka sinkron dihentikan dan angka lama tetap dipakai. "
        "Bila memang benar, jalankan lagi dengan --force; bila tidak, periksa berkas atau baris yang hilang.",
    ),
    "REPLICA_WRITE_FAILED": (
        "The replica could not be written ({reason}); the old figures stay. Is the disk full?",
        "Salinan hub tidak dapat ditulis ({reason}); angka lama tetap dipakai. Apakah diska penuh?",
    ),
    "CONFIGURATION_CHANGED": (
        "{where} is to be read otherwise since hub.yaml has changed; until its source has been synced, the old figures stay.",
        "{where} harus dibaca dengan cara lain karena hub.yaml berubah; sampai sumbernya disinkronkan, angka lama tetap dipakai.",
    ),
    "NOT_READ_YET": (
        "This field has not been read since hub.yaml has changed. It will be with the next sync of its source.",
        "Isian ini belum dibaca sejak hub.yaml berubah. Isian ini akan dibaca pada sinkron berikutnya.",
    ),
}
