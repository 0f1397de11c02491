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
    "COLUMN_RENAMED": (
        "{where}: the column “{was}” seems to be called “{now}” now.",
        "{where}: kolom “{was}” tampaknya kini bernama “{now}”.",
    ),
    "COLUMN_GONE": (
        "{where}: the column “{column}” was there before and is gone. Put it back, or take what is read from it out of hub.yaml.",
        "{where}: kolom “{column}” dulu ada dan kini hilang. Kembalikan, atau hapus yang dibaca darinya dari hub.yaml.",
    ),
    "COLUMN_NEW": (
        "{where}: the column “{column}” is new; nothing is read from it yet.",
        "{where}: kolom “{column}” baru; belum ada yang dibaca darinya.",
    ),
    "HEADER_OTHER": (
        "{where}: {gone} of the {agreed} columns that are known are not there and others stand in their place: the row with the"
        " names of the columns may be missing. Put it back, or take it as it is now with `simpul sync --force`.",
        "{where}: {gone} dari {agreed} kolom yang dikenal tidak ada dan diganti yang lain: mungkin baris nama kolomnya hilang."
        " Kembalikan, atau terima apa adanya dengan `simpul sync --force`.",
    ),
    "COLUMN_MOVED": (
        "{where}: the column “{column}” has moved from {was} to {now}. It is found by its name; nothing is to be done.",
        "{where}: kolom “{column}” berpindah dari {was} ke {now}. Kolom dicari menurut namanya; tidak perlu berbuat apa-apa.",
    ),
    "COLUMN_TWICE": (
        "{where}: the column “{column}” stands twice now, also in {label}, and which one is meant is not known; the old records stay."
        " Give one of them another name, or take the first with `simpul sync --force`.",
        "{where}: kolom “{column}” kini ada dua, juga di {label}, dan tidak diketahui mana yang dimaksud; data lama dipertahankan."
        " Beri salah satunya nama lain, atau ambil yang pertama dengan `simpul sync --force`.",
    ),
    "COLUMN_RETYPED": (
        "{where}: the column “{column}” held {was} ({share} % readable) and now mostly holds {now}. Cells that can't be read as before"
        " are empty, each with an issue. Look at what is written there now.",
        "{where}: kolom “{column}” tadinya berisi {was} ({share} % terbaca) dan kini kebanyakan berisi {now}. Sel yang tidak terbaca"
        " seperti dulu dikosongkan dan dicatat. Periksa apa yang kini tertulis di sana.",
    ),
    "DECIMALS_FLIPPED": (
        "{where}: the numbers of the column “{column}” had {was} as decimal sign and now have {now}. Compare some with the file.",
        "{where}: tanda desimal kolom “{column}” tadinya {was} dan kini {now}. Bandingkan beberapa angka dengan berkasnya.",
    ),
    "DATES_FLIPPED": (
        "{where}: the dates of the column “{column}” were written {was} and are written {now} now. Many would be read wrongly, so the"
        " old records stay. Have them written as before.",
        "{where}: tanggal pada kolom “{column}” tadinya ditulis {was} dan kini {now}. Banyak yang akan terbaca salah, maka data lama"
        " dipertahankan. Tulislah seperti sebelumnya.",
    ),
    "TOTAL_RESTARTED": (
        "{where}: {column} may have changed its meaning. As a running total it rose to {was} and is {now} now; it fell in {fallen} of"
        " {rows} rows. If it is monthly now, do not compare or add it with the earlier parts.",
        "{where}: arti {column} mungkin berubah. Sebagai angka kumulatif ia naik sampai {was} dan kini {now}; turun pada {fallen} dari"
        " {rows} baris. Bila kini bulanan, jangan dibandingkan atau dijumlahkan dengan bagian sebelumnya.",
    ),
    "CONTRACT_BROKEN": (
        "{where}: it no longer looks as agreed (columns: {columns}), and its contract is freeze, so the old records stay. Put it"
        " right, or take it as it is now with `simpul sync --force`.",
        "{where}: bentuknya tidak lagi seperti disepakati (kolom: {columns}), dan kontraknya freeze, maka data lama dipertahankan."
        " Betulkan, atau terima apa adanya dengan `simpul sync --force`.",
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
